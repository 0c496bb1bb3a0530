"""The files of materials, judged by what is in them and kept once for every content.

A name proves nothing: the kind is read from the first bytes. WeCom takes pictures as JPG or PNG
up to 10 MB, video as MP4 up to 10 MB, files up to 20 MB, all of more than 5 bytes (official page
90253). Of files only documents that cannot run are kept: PDF and the three Office formats.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from content_library.errors import FileRefused, FileUnknown
from content_library.facts import Library, ScriptDraft
from content_library.item_rows import Unreadable
from content_library.material_rules import KINDS, UPLOADED
from content_library.models import MaterialFile
from kit.db import insert_new
from wecom.media import MAX_BYTES

LEAST: Final = 6
FILE_KINDS: Final = {"image": "图片文件", "video": "视频文件", "file": "文档"}
_OFFICE: Final = {
    "word/": ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xl/": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "ppt/": ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
}


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What a file is by its content: ``kind`` image | video | file."""

    kind: str
    content_type: str
    suffix: str


@dataclass(frozen=True, slots=True)
class FileFact:
    """A file that is kept."""

    digest: str
    kind: str
    content_type: str
    suffix: str
    size: int


def known(content: bytes) -> KnownFile:
    """What ``content`` is. Raises FileRefused for what WeCom does not take or that may run."""
    found = _by_content(content)
    if found is None:
        raise FileRefused(
            "这不是可以上传的素材",
            saw=f"{len(content)} 字节，认不出是图片、视频或文档",
            do="图片用 JPG 或 PNG，视频用 MP4，文档用 PDF、docx、xlsx、pptx；改扩展名没有用，按内容识别",
        )
    most = MAX_BYTES[found.kind]  # type: ignore[index,unused-ignore]
    if not LEAST <= len(content) <= most:
        raise FileRefused(
            "素材的大小不合企业微信的上限",
            saw=f"{len(content)} 字节",
            do=f"压缩到 {most // 1024**2} MB 以内再上传",
        )
    return found


def _by_content(content: bytes) -> KnownFile | None:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return KnownFile("image", "image/png", "png")
    if content.startswith(b"\xff\xd8\xff"):
        return KnownFile("image", "image/jpeg", "jpg")
    if content[4:8] == b"ftyp" and content[8:12] in (b"isom", b"iso2", b"mp41", b"mp42", b"avc1"):
        return KnownFile("video", "video/mp4", "mp4")
    if content.startswith(b"%PDF-"):
        return KnownFile("file", "application/pdf", "pdf")
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    return None


def _office(content: bytes) -> KnownFile | None:
    """An Office document without macros, or None."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return None
    if "[Content_Types].xml" not in names or any(name.endswith("vbaProject.bin") for name in names):
        return None
    for beginning, (suffix, content_type) in _OFFICE.items():
        if any(name.startswith(beginning) for name in names):
            return KnownFile("file", content_type, suffix)
    return None


async def keep(session: AsyncSession, content: bytes, *, by: str, at: datetime) -> FileFact:
    """Keep a file; the same content is kept once. Raises FileRefused."""
    found = known(content)
    digest = hashlib.sha256(content).hexdigest()
    row = {
        "digest": digest,
        "kind": found.kind,
        "content_type": found.content_type,
        "suffix": found.suffix,
        "size": len(content),
        "content": content,
        "added_by": by,
        "added_at": at,
    }
    await insert_new(session, MaterialFile, [row], key=["digest"])
    return FileFact(digest, found.kind, found.content_type, found.suffix, len(content))


async def require_fitting(session: AsyncSession, draft: ScriptDraft) -> None:
    """Nothing where the file of a material is there and is what its kind says.

    The picture of a card is a picture. Raises FileUnknown, FileRefused; an item without a file
    has been judged by ``material_rules``.
    """
    digest = str(draft.detail.get("file") or "")
    if draft.library != Library.MEDIA or not digest:
        return
    known_file = await fact(session, digest)
    if known_file is None:
        raise FileUnknown("没有这个素材文件", saw=digest[:12], do="重新上传文件")
    _fits(str(draft.detail.get("kind")), known_file.kind)


def _fits(kind: str, found: str) -> None:
    wanted = UPLOADED.get(kind, "image")
    if found != wanted:
        raise FileRefused(
            f"{KINDS.get(kind, kind)}要用{FILE_KINDS[wanted]}",
            saw=FILE_KINDS[found],
            do="换一个文件，或改选素材的种类",
        )


async def fact(session: AsyncSession, digest: str) -> FileFact | None:
    """What is known of a file, without its bytes."""
    own = MaterialFile
    query = select(
        col(own.digest), col(own.kind), col(own.content_type), col(own.suffix), col(own.size)
    ).where(col(own.digest) == digest)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else FileFact(*row)


async def content_of(session: AsyncSession, digest: str) -> tuple[FileFact, bytes]:
    """A file with its bytes. Raises FileUnknown."""
    found = await fact(session, digest)
    query = select(col(MaterialFile.content)).where(col(MaterialFile.digest) == digest)
    content = (await session.execute(query)).scalar_one_or_none()
    if found is None or content is None:
        raise FileUnknown("没有这个素材文件", saw=digest[:12], do="回到素材库重新选择")
    return found, bytes(content)


def beside(folder: Path) -> Callable[[str], bytes | None]:
    """Reads a file of ``folder`` by its name; a name leads into the folder and nowhere else."""

    def read(name: str) -> bytes | None:
        path = folder / Path(name).name
        return path.read_bytes() if path.is_file() else None

    return read


async def kept_files(
    session: AsyncSession,
    rows: Sequence[Mapping[str, object]],
    read: Callable[[str], bytes | None],
    *,
    by: str,
    at: datetime,
) -> list[Mapping[str, object] | Unreadable]:
    """Rows of materials with their ``source_file`` kept and replaced by its digest.

    ``read`` gives the bytes of a name. In the place of a row whose file is not there, or is not
    what its kind says, stands its refusal.
    """
    found: list[Mapping[str, object] | Unreadable] = []
    for row in rows:
        rest = {name: value for name, value in row.items() if name != "source_file"}
        name = str(row.get("source_file") or "")
        try:
            if name:
                content = read(name)
                if content is None:
                    raise FileUnknown(
                        "没有这个素材文件", saw=name[:80], do="把文件和表一起带来，名字要一样"
                    )
                kept = await keep(session, content, by=by, at=at)
                _fits(str(row.get("kind")), kept.kind)
                rest["file"] = kept.digest
        except (FileUnknown, FileRefused) as error:
            found.append(Unreadable(str(row.get("code") or ""), error))
            continue
        found.append(rest)
    return found
