"""The manifest that travels with a file: how many rows it has and what its SHA-256 is."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from kit.tabular.errors import FileMissing, ManifestMismatch, ManifestRefused

_SHA = re.compile(r"[0-9a-fA-F]{64}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MOST_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file should be. A part that is None is not promised and not checked."""

    rows: int | None
    sha256: str | None
    source_date: str = ""

    def check(self, *, rows: int, sha256: str, file: str) -> None:
        """Raises ManifestMismatch where the file that was read is not the promised one."""
        if self.sha256 is not None and self.sha256.lower() != sha256:
            raise ManifestMismatch(
                "文件的 SHA-256 与清单不符：文件被改过，或没有传完",
                saw=f"{sha256[:16]}…，清单为 {self.sha256[:16].lower()}…",
                where=file,
                do="请数据提供方重新生成文件和清单后再导入",
            )
        if self.rows is not None and self.rows != rows:
            raise ManifestMismatch(
                "文件的行数与清单不符：可能少传，或有未配对的引号吞掉了行",
                saw=f"{rows} 行，清单为 {self.rows} 行",
                where=file,
                do="请数据提供方核对行数（不含表头）后重新传送",
            )


def read_manifest(path: Path, file: str) -> Manifest:
    """Read the manifest for the file named ``file``.

    Either ``{"rows": n, "sha256": "…", "source_date": "2026-11-20"}`` or the same under
    ``{"files": {"customers.csv": {…}}}``. Raises ManifestRefused, or FileMissing.
    """
    try:
        with path.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise FileMissing(
            "读不到清单文件", saw=str(path), do="核对 --manifest 的路径", reason=error.strerror
        ) from error
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ManifestRefused(
            "清单不是合法的 JSON", saw=str(error)[:120], where=path.name
        ) from error
    if isinstance(document, dict) and isinstance(document.get("files"), dict):
        if file not in document["files"]:
            raise ManifestRefused(
                "清单里没有这个文件", saw=file, where=path.name, do="核对文件名，或另给清单"
            )
        document = document["files"][file]
    return manifest_of(document, path.name)


def manifest_of(document: object, where: str) -> Manifest:
    """A manifest from what was read. Raises ManifestRefused."""
    if not isinstance(document, dict):
        raise ManifestRefused("清单应是一个 JSON 对象", where=where)
    rows, sha256 = document.get("rows"), document.get("sha256")
    day = document.get("source_date", "")
    if rows is not None and (type(rows) is not int or rows < 0):
        raise ManifestRefused("清单的 rows 应为非负整数", saw=str(rows)[:40], where=where)
    if sha256 is not None and not (isinstance(sha256, str) and _SHA.fullmatch(sha256)):
        raise ManifestRefused("清单的 sha256 应为 64 位十六进制", saw=str(sha256)[:70], where=where)
    if not isinstance(day, str) or (day and not _DAY.fullmatch(day)):
        raise ManifestRefused(
            "清单的 source_date 应写成 2026-11-20", saw=str(day)[:40], where=where
        )
    if rows is None and sha256 is None:
        raise ManifestRefused("清单里既没有 rows 也没有 sha256", where=where, do="至少给出其中之一")
    return Manifest(rows, sha256, day)
