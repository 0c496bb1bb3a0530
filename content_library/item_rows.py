"""Files that bring items: TOML with an entry a row, or CSV with a line of column names."""

import csv
import io
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from content_library.errors import ScriptRefused
from kit.errors import AppError

MOST: Final = 5_000
"""Rows of one file; a library has fewer."""
LARGEST: Final = 4 * 1024**2
ENCODINGS: Final = ("utf-8-sig", "gb18030")
SHEET: Final = 2
"""The number of the first row of a sheet: above it stand the names of the columns."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row whose file could not be kept, in the place of the row."""

    code: str
    error: AppError


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a file; ``first`` is the number of the first one as people count them."""

    rows: list[dict[str, object]]
    first: int = 1


def read_toml(path: Path, entry: str = "script") -> list[dict[str, object]]:
    """The ``[[script]]`` (or ``[[entry]]``) parts of a TOML file, or of all in a directory.

    Raises ScriptRefused naming the file where it is not TOML or holds something else.
    """
    rows: list[dict[str, object]] = []
    for file in sorted(path.glob("*.toml")) if path.is_dir() else [path]:
        rows += _toml(file.name, file.read_bytes(), entry)
    return rows


def read_path(path: Path, entry: str) -> Rows:
    """The rows of a file by what its name ends in, or of every TOML file in a directory."""
    if path.is_dir():
        return Rows(read_toml(path, entry))
    return read_rows(path.name, path.read_bytes(), entry)


def read_rows(name: str, content: bytes, entry: str) -> Rows:
    """The rows of a file that somebody brought. Raises ScriptRefused."""
    if len(content) > LARGEST:
        raise ScriptRefused(
            "文件太大", saw=f"{len(content)} 字节", do=f"分成不超过 {LARGEST // 1024**2} MB 的几份"
        )
    if name.lower().endswith(".csv"):
        found = Rows(_csv(name, content), SHEET)
    else:
        found = Rows(_toml(name, content, entry))
    if not 0 < len(found.rows) <= MOST:
        raise ScriptRefused(
            "文件里没有一行" if not found.rows else f"一个文件最多 {MOST} 行",
            saw=f"{len(found.rows)} 行",
            where=name[:80],
            do="照 samples 里同类文件的样子写",
        )
    return found


def _toml(name: str, content: bytes, entry: str) -> list[dict[str, object]]:
    try:
        found = tomllib.loads(content.decode("utf-8")).get(entry)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScriptRefused("话术文件读不了", saw=str(error)[:120], where=name[:80]) from None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ScriptRefused(
            f"文件里没有 [[{entry}]]", where=name[:80], do="照 samples 里同类文件的样子写"
        )
    return found


def _csv(name: str, content: bytes) -> list[dict[str, object]]:
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise ScriptRefused("表格的编码认不出", where=name[:80], do="另存为 UTF-8 的 CSV")
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except csv.Error as error:
        raise ScriptRefused("表格读不了", saw=str(error)[:120], where=name[:80]) from None
    if not lines:
        return []
    names = [one.strip() for one in lines[0]]
    if len(set(names)) != len(names) or "code" not in names:
        raise ScriptRefused(
            "第一行应是列名，各不相同，并且有 code",
            saw="、".join(names)[:120],
            where=name[:80],
            do="列名见 docs/content.md",
        )
    for number, line in enumerate(lines[1:], SHEET):
        if len(line) != len(names):
            raise ScriptRefused(
                f"第 {number} 行有 {len(line)} 格，列名有 {len(names)} 个",
                where=name[:80],
                do="有逗号或换行的内容要用引号括起来",
            )
    return [dict(zip(names, line, strict=True)) for line in lines[1:]]
