"""Scripts that arrive in files: each lands as a submission that waits for a second person."""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from content_library import service
from content_library.errors import ScriptRefused
from content_library.facts import Form, Landed, ScriptDraft, State
from content_library.findings import Examiner
from content_library.repository import draft_of, newest
from content_library.rules import checked, fingerprint
from kit.errors import InputRefused

COLUMNS = (
    "code", "title", "scene", "purpose", "form", "persona", "template", "product_kind",
    "product_code", "tiers", "personas", "licence", "valid_from", "valid_until",
)  # fmt: skip
_SEPARATORS = str.maketrans({"；": ";", "、": ";", "，": ";", ",": ";"})


def read_toml(path: Path) -> list[dict[str, object]]:
    """The ``[[script]]`` entries of a TOML file, or of every TOML file in a directory.

    Raises ScriptRefused naming the file where it is not TOML or holds something else.
    """
    rows: list[dict[str, object]] = []
    for file in sorted(path.glob("*.toml")) if path.is_dir() else [path]:
        try:
            content = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ScriptRefused("话术文件读不了", saw=str(error)[:120], where=file.name) from None
        found = content.get("script")
        if not isinstance(found, list):
            raise ScriptRefused(
                "话术文件里没有 [[script]]", where=file.name, do="照 samples/scripts 的样子写"
            )
        rows += found
    return rows


def draft_from(row: Mapping[str, object]) -> ScriptDraft:
    """A row of a file as a checked draft. Raises ScriptRefused with every reason."""
    unknown = [name for name in row if name not in COLUMNS]
    if unknown:
        raise ScriptRefused(
            "有不认识的列", saw="、".join(map(str, unknown))[:120], do="列名见 docs/content.md"
        )
    return checked(
        ScriptDraft(
            code=_text(row, "code"),
            title=_text(row, "title"),
            scene=_text(row, "scene"),
            purpose=_text(row, "purpose"),
            template=_text(row, "template"),
            form=_text(row, "form") or Form.SINGLE,
            persona=_text(row, "persona") or None,
            product_kind=_text(row, "product_kind") or None,
            product_code=_text(row, "product_code") or None,
            tiers=_names(row, "tiers"),
            personas=_names(row, "personas"),
            licence=_text(row, "licence") or None,
            valid_from=_day(row, "valid_from"),
            valid_until=_day(row, "valid_until"),
        )
    )


async def import_scripts(
    session: AsyncSession,
    rows: Iterable[Mapping[str, object]],
    by: str,
    at: datetime,
    *,
    examiner: Examiner,
    reason: str = "导入",
) -> Landed:
    """Submit each row as a new script or the next version of one; nothing is approved here.

    A row that says what the newest version says already changes nothing, so a file may be
    imported again. A row that cannot be kept is refused with its reason and the others land.
    """
    wanted: dict[str, ScriptDraft] = {}
    refused: dict[str, str] = {}
    for number, row in enumerate(rows, 1):
        try:
            words = draft_from(row)
        except InputRefused as error:
            refused[str(row.get("code") or f"第 {number} 行")] = error.sentence()
            continue
        if words.code in wanted:
            refused[words.code] = f"第 {number} 行的编号与前面重复"
        wanted.setdefault(words.code, words)
    known = await newest(session, wanted)
    submitted: list[str] = []
    unchanged: list[str] = []
    for code, words in wanted.items():
        last = known.get(code)
        if last is None:
            version_id = await service.draft(session, words, by=by, at=at)
        elif fingerprint(draft_of(last)) == fingerprint(words) and last.title == words.title:
            unchanged.append(code)
            continue
        elif last.state in (State.DRAFT, State.SUBMITTED):
            assert last.id is not None  # noqa: S101 — a row that was read has its number
            version_id = last.id
            await service.edit(session, version_id, words, by=by, at=at)
        else:
            version_id = await service.new_version(session, words, by=by, at=at)
        await service.submit(session, version_id, by=by, reason=reason, at=at, examiner=examiner)
        submitted.append(code)
    return Landed(tuple(submitted), tuple(unchanged), refused)


async def seed(
    session: AsyncSession,
    rows: Iterable[Mapping[str, object]],
    *,
    author: str,
    approver: str,
    at: datetime,
    examiner: Examiner,
    opinion: str = "随系统提供的话术，逐条看过，同意使用。",
) -> Landed:
    """Import and have a second person approve: for demo and first installation.

    The approver is a real second person of the installation, or the synthetic one of the demo;
    the same rules hold. Raises OwnWork where author and approver are one.
    """
    landed = await import_scripts(session, rows, author, at, examiner=examiner, reason="随系统提供")
    for found in (await newest(session, landed.submitted)).values():
        assert found.id is not None  # noqa: S101 — a row that was read has its number
        await service.approve(session, found.id, by=approver, opinion=opinion, at=at)
    return landed


def _text(row: Mapping[str, object], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value).strip()


def _names(row: Mapping[str, object], name: str) -> frozenset[str]:
    value = row.get(name) or ()
    parts = (
        value.translate(_SEPARATORS).split(";")
        if isinstance(value, str)
        else value
        if isinstance(value, list | tuple | set | frozenset)
        else [value]
    )
    return frozenset(text for part in parts if (text := str(part).strip()))


def _day(row: Mapping[str, object], name: str) -> date | None:
    value = row.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise ScriptRefused(
            "有效期写不清", saw=str(value)[:40], do="写成 2026-12-31 这样"
        ) from None
