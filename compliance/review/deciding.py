"""The three keys: 放行 with a reason, 打回 from templates, 升级 to the next level. Each recorded."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.errors import CaseDecided, CaseUnknown, ReasonMissing, SecondPersonNeeded
from compliance.models import ScreeningCase
from compliance.review import lessons
from compliance.review.cases import case_of
from compliance.review.facts import Case, CaseState
from config.review_desk_policy import ReviewDeskPolicy
from kit.db import cipher_of
from kit.ledger import Entry, append


async def release(
    session: AsyncSession,
    case_id: int,
    *,
    reason: str,
    by: str,
    at: datetime,
    policy: ReviewDeskPolicy,
    names: Collection[str] = (),
) -> Case:
    """放行: the rule stopped it in vain; the words become a lesson of what may be said.

    ``names``: what the persons in the text are called, to be masked in the lesson. Raises
    ReasonMissing, SecondPersonNeeded for one's own words, CaseDecided, CaseUnknown.
    """
    said = _reason(reason)
    row = await _held(session, case_id, by)
    return await _decide(session, row, CaseState.RELEASED, said, by, at, policy, names)


async def send_back(
    session: AsyncSession,
    case_id: int,
    *,
    template: str,
    by: str,
    at: datetime,
    policy: ReviewDeskPolicy,
    names: Collection[str] = (),
) -> Case:
    """打回 with one of the policy's templates: the rule was right; a lesson of what may not be said.

    Raises ReasonMissing for a template that is not there, and as ``release``.
    """
    known = {one.name: one.text for one in policy.template}
    if template not in known:
        raise ReasonMissing("请选一条打回理由", saw=template[:40], do="从页面列出的理由里选")
    row = await _held(session, case_id, by)
    return await _decide(session, row, CaseState.RETURNED, known[template], by, at, policy, names)


async def escalate(
    session: AsyncSession,
    case_id: int,
    *,
    reason: str,
    by: str,
    at: datetime,
    policy: ReviewDeskPolicy,
) -> Case:
    """升级: it waits for the next level from now on. Raises CaseDecided at the last one."""
    said = _reason(reason)
    row = await _held(session, case_id, by)
    if row.level >= len(policy.level):
        raise CaseDecided("已经是最后一级，不能再升级", do="请放行或打回", case=case_id)
    row.level += 1
    await session.flush()
    payload = {"level": row.level, "rule": row.rule, "about": row.object}
    await _record(session, row, "case.escalated", by, said, payload, at)
    return case_of(cipher_of(session), row)


async def settle(
    session: AsyncSession,
    case_id: int,
    *,
    release: bool,
    reason: str,
    by: str,
    at: datetime,
    policy: ReviewDeskPolicy,
    names: Collection[str] = (),
) -> Case:
    """Decide a case in one's own words, where its matter was decided elsewhere (an alert).

    Raises as ``release``.
    """
    said = _reason(reason)
    row = await _held(session, case_id, by)
    state = CaseState.RELEASED if release else CaseState.RETURNED
    return await _decide(session, row, state, said, by, at, policy, names)


async def accept_all(
    session: AsyncSession,
    thing: str,
    *,
    opinion: str,
    by: str,
    at: datetime,
    policy: ReviewDeskPolicy,
) -> int:
    """Whoever approves words has seen and accepted what is open about them: it is released."""
    query = (
        select(ScreeningCase)
        .where(
            col(ScreeningCase.object) == thing,
            col(ScreeningCase.state) == CaseState.OPEN,
            col(ScreeningCase.severity) == "review",
        )
        .order_by(col(ScreeningCase.id))
        .with_for_update()
    )
    rows = (await session.execute(query)).scalars().all()
    for row in rows:
        await _decide(session, row, CaseState.RELEASED, opinion, by, at, policy, ())
    return len(rows)


async def _held(session: AsyncSession, case_id: int, by: str) -> ScreeningCase:
    query = (
        select(ScreeningCase)
        .where(col(ScreeningCase.id) == case_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise CaseUnknown("没有这件复核", do="回到复核台重新选择", case=case_id)
    if row.state != CaseState.OPEN:
        raise CaseDecided("这件复核已经有结论", saw=row.state, do="刷新复核台", case=case_id)
    if row.author and by == row.author:
        raise SecondPersonNeeded(
            "自己的话不能自己复核", do="请另一位有权限的同事处理", case=case_id
        )
    return row


def _reason(text: str) -> str:
    said = " ".join(text.split())
    if not 4 <= len(said) <= 400:
        raise ReasonMissing(
            "请写理由",
            saw=f"{len(said)} 个字",
            do="写 4 到 400 个字，会记入互动日志并成为例句的依据",
        )
    return said


async def _decide(
    session: AsyncSession,
    row: ScreeningCase,
    state: CaseState,
    reason: str,
    by: str,
    at: datetime,
    policy: ReviewDeskPolicy,
    names: Collection[str],
) -> Case:
    row.state, row.decided_by, row.decided_at, row.reason = state, by, at, reason[:400]
    await session.flush()
    case = case_of(cipher_of(session), row)
    await lessons.learn(session, case, most=policy.lesson_characters, names=names)
    payload = {
        "rule": row.rule,
        "rulebook": row.rulebook,
        "severity": row.severity,
        "about": row.object,
        "level": row.level,
        "text_hash": row.text_hash,
    }
    act = "case.released" if state is CaseState.RELEASED else "case.returned"
    await _record(session, row, act, by, reason, payload, at)
    return case


async def _record(
    session: AsyncSession,
    row: ScreeningCase,
    act: str,
    by: str,
    reason: str,
    payload: dict[str, object],
    at: datetime,
) -> None:
    entry = Entry(
        kind="content",
        act=act,
        actor=by,
        object=f"case:{row.id}",
        unit=row.unit_id,
        reason=reason[:400],
        payload=payload,
    )
    await append(session, [entry], at=at)
