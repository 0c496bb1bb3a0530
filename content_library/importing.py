"""Scripts that arrive in files: each lands as a submission that waits for a second person."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from config.approval_policy import ApprovalPolicy, shipped
from content_library import service
from content_library.errors import OwnWork, ScriptRefused, WrongState
from content_library.facts import Form, Landed, LandedRow, ScriptDraft, State
from content_library.findings import Examiner
from content_library.item_rows import Unreadable
from content_library.models import ScriptVersion
from content_library.repository import draft_of, newest
from content_library.row_values import day_of, known_columns, names_of, text_of
from content_library.rules import checked, fingerprint
from kit.errors import AppError

COLUMNS = (
    "code", "title", "scene", "purpose", "form", "persona", "template", "product_kind",
    "product_code", "tiers", "personas", "licence", "valid_from", "valid_until", "timing", "materials",
)  # fmt: skip


def draft_from(row: Mapping[str, object]) -> ScriptDraft:
    """A row of a file as a checked draft. Raises ScriptRefused with every reason."""
    known_columns(row, COLUMNS)
    return checked(
        ScriptDraft(
            code=text_of(row, "code"),
            title=text_of(row, "title"),
            scene=text_of(row, "scene"),
            purpose=text_of(row, "purpose"),
            template=text_of(row, "template"),
            form=text_of(row, "form") or Form.SINGLE,
            persona=text_of(row, "persona") or None,
            product_kind=text_of(row, "product_kind") or None,
            product_code=text_of(row, "product_code") or None,
            tiers=names_of(row, "tiers"),
            personas=names_of(row, "personas"),
            licence=text_of(row, "licence") or None,
            valid_from=day_of(row, "valid_from"),
            valid_until=day_of(row, "valid_until"),
            timing=names_of(row, "timing"),
            detail={"materials": sorted(names_of(row, "materials"))}
            if row.get("materials")
            else {},
        )
    )


async def import_scripts(
    session: AsyncSession,
    rows: Iterable[Mapping[str, object] | Unreadable],
    by: str,
    at: datetime,
    *,
    examiner: Examiner,
    reason: str = "导入",
    reader: Callable[[Mapping[str, object]], ScriptDraft] = draft_from,
    first: int = 1,
) -> Landed:
    """Submit each row as a new script or the next version of one; nothing is approved here.

    A row that says what the newest version says already changes nothing, so a file may be
    imported again. A row that cannot be kept is refused with its reason and the others land.
    ``first`` is the number of the first row as people count the file's rows.
    """
    wanted: dict[str, tuple[int, ScriptDraft]] = {}
    done: list[LandedRow] = []
    for number, row in enumerate(rows, first):
        if isinstance(row, Unreadable):
            done.append(_refused(number, row.code, row.error))
            continue
        code = text_of(row, "code")
        try:
            words = reader(row)
        except AppError as error:
            done.append(_refused(number, code, error))
            continue
        if code in wanted:
            said = f"编号与第 {wanted[code][0]} 行重复"
            done.append(LandedRow(number, code, "refused", said, ScriptRefused.code))
            continue
        wanted[code] = (number, words)
    known = await newest(session, wanted)
    for code, (number, words) in wanted.items():
        try:
            kept = await _submitted(session, words, known.get(code), by, at, examiner, reason)
        except WrongState as error:  # the code belongs to another library
            done.append(_refused(number, code, error))
            continue
        done.append(LandedRow(number, code, "submitted" if kept else "unchanged"))
    return Landed(tuple(sorted(done, key=lambda one: one.number)))


def _refused(number: int, code: str, error: AppError) -> LandedRow:
    return LandedRow(number, code[:64], "refused", error.sentence(), error.code)


async def _submitted(
    session: AsyncSession,
    words: ScriptDraft,
    last: ScriptVersion | None,
    by: str,
    at: datetime,
    examiner: Examiner,
    reason: str,
) -> bool:
    """Submit what a row says where that is news; False where the newest version says it."""
    if last is None:
        version_id = await service.draft(session, words, by=by, at=at)
    elif fingerprint(draft_of(last)) == fingerprint(words) and last.title == words.title:
        return False
    elif last.state in (State.DRAFT, State.SUBMITTED):
        assert last.id is not None  # noqa: S101 — a row that was read has its number
        version_id = last.id
        await service.edit(session, version_id, words, by=by, at=at)
    else:
        version_id = await service.new_version(session, words, by=by, at=at)
    await service.submit(session, version_id, by=by, reason=reason, at=at, examiner=examiner)
    return True


async def seed(
    session: AsyncSession,
    rows: Iterable[Mapping[str, object] | Unreadable],
    *,
    author: str,
    approver: str,
    at: datetime,
    examiner: Examiner,
    checker: str | None = None,
    opinion: str = "随系统提供的话术，逐条看过，同意使用。",
    policy: ApprovalPolicy | None = None,
    reader: Callable[[Mapping[str, object]], ScriptDraft] = draft_from,
) -> Landed:
    """Import and have a second person approve: for demo and first installation.

    The approver is a real second person of the installation, or the synthetic one of the demo;
    the same rules hold: what needs two levels is checked by ``checker`` first. Raises OwnWork
    where two of them are one person, or nobody is named for the first level.
    """
    landed = await import_scripts(
        session, rows, author, at, examiner=examiner, reason="随系统提供", reader=reader
    )
    for found in (await newest(session, landed.submitted)).values():
        assert found.id is not None  # noqa: S101 — a row that was read has its number
        if (policy or shipped()).needs_two(
            library=found.library, product_kind=found.product_kind, purpose=found.purpose
        ):
            if checker is None:
                raise OwnWork(
                    "讲产品的内容要两级审批，没有指定初审人",
                    saw=found.code,
                    do="指定第三个人做初审",
                )
            await service.approve(
                session, found.id, by=checker, opinion=opinion, at=at, policy=policy
            )
        await service.approve(session, found.id, by=approver, opinion=opinion, at=at, policy=policy)
    return landed
