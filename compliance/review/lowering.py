"""Rules that stop too much are lowered from block to review; two people raise them again.

The rulebook's files are not changed: a row here is read by every process as policies are, and
``Screener.with_lowered`` obeys it.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.errors import CaseDecided, CaseUnknown, ReasonMissing, SecondPersonNeeded
from compliance.models import ScreeningLowering
from compliance.review.facts import Lowering, Rate
from kit.db import insert_into
from kit.ids import new_id
from kit.ledger import Entry, append

HOLDING = ("lowered", "raise_asked")


def work_key(one: Lowering) -> str:
    """The key of the work item by which a rule's owner hears of it."""
    return f"rule_lowered:{one.rule}:{one.id}"


async def in_force(session: AsyncSession) -> frozenset[str]:
    """The rules that ask for review at the moment although the rulebook lets them block."""
    query = select(col(ScreeningLowering.rule)).where(col(ScreeningLowering.state).in_(HOLDING))
    return frozenset((await session.execute(query)).scalars())


async def lower(
    session: AsyncSession, rates: Sequence[Rate], *, percent: int, by: str, at: datetime
) -> list[Lowering]:
    """Lower each rule that is not lowered already; returns those that are new."""
    made: list[Lowering] = []
    for rate in rates:
        row = {
            "id": new_id(),
            "rule": rate.rule,
            "rulebook": rate.rulebook,
            "state": "lowered",
            "why": f"{rate.decided} 件决定里放行 {rate.released} 件，超过 {percent}%",
            "released": rate.released,
            "decided": rate.decided,
            "lowered_by": by,
            "lowered_at": at,
            "raise_asked_by": "",
            "raise_reason": "",
            "raised_by": "",
            "raise_opinion": "",
        }
        statement = insert_into(session, ScreeningLowering).on_conflict_do_nothing()
        done = await session.execute(statement.returning(ScreeningLowering.id), [row])
        if done.scalars().all():
            found = await session.get(ScreeningLowering, row["id"])
            assert found is not None  # noqa: S101 — just written
            made.append(_fact(found))
    await append(
        session,
        [_entry("rule.lowered", one, by, one.why, {"released": one.released}) for one in made],
        at=at,
    )
    return made


async def ask_raise(
    session: AsyncSession, rule: str, *, reason: str, by: str, at: datetime
) -> Lowering:
    """Ask that a lowered rule may block again; another person decides.

    Raises ReasonMissing, CaseUnknown where it is not lowered, CaseDecided where it was asked.
    """
    said = _words(reason)
    row = await _holding(session, rule)
    if row.state != "lowered":
        raise CaseDecided("已经有人申请恢复，等另一人决定", saw=rule, do="请另一位同事批准或退回")
    row.state, row.raise_asked_by, row.raise_asked_at = "raise_asked", by, at
    row.raise_reason = said
    await session.flush()
    found = _fact(row)
    await append(session, [_entry("rule.raise_asked", found, by, said, {})], at=at)
    return found


async def decide_raise(
    session: AsyncSession, rule: str, *, agree: bool, opinion: str, by: str, at: datetime
) -> Lowering:
    """Let the rule block again, or leave it lowered, as another person than who asked.

    Raises ReasonMissing, CaseUnknown, CaseDecided where nobody asked, SecondPersonNeeded.
    """
    said = _words(opinion)
    row = await _holding(session, rule)
    if row.state != "raise_asked":
        raise CaseDecided("没有人申请恢复这条规则", saw=rule, do="先由一人写明理由申请")
    if row.raise_asked_by == by:
        raise SecondPersonNeeded(
            "申请人不能批准自己的申请", do="请另一位有权限的同事决定", rule=rule
        )
    row.state, row.raise_opinion = ("raised" if agree else "lowered"), said
    if agree:
        row.raised_by, row.raised_at = by, at
    await session.flush()
    found = _fact(row)
    act = "rule.raised" if agree else "rule.raise_refused"
    await append(session, [_entry(act, found, by, said, {})], at=at)
    return found


async def every(session: AsyncSession, *, limit: int = 100) -> list[Lowering]:
    """The newest lowerings, those that hold and those of the past."""
    query = (
        select(ScreeningLowering)
        .order_by(col(ScreeningLowering.lowered_at).desc(), col(ScreeningLowering.id).desc())
        .limit(limit)
    )
    return [_fact(row) for row in (await session.execute(query)).scalars()]


async def raised_at(session: AsyncSession) -> dict[str, datetime]:
    """When each rule was raised last: decisions before it say nothing of the rule as it is."""
    query = (
        select(col(ScreeningLowering.rule), func.max(col(ScreeningLowering.raised_at)))
        .where(col(ScreeningLowering.state) == "raised")
        .group_by(col(ScreeningLowering.rule))
    )
    return {rule: moment for rule, moment in await session.execute(query) if moment}


async def _holding(session: AsyncSession, rule: str) -> ScreeningLowering:
    query = (
        select(ScreeningLowering)
        .where(col(ScreeningLowering.rule) == rule, col(ScreeningLowering.state).in_(HOLDING))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise CaseUnknown("这条规则现在没有降级", saw=rule[:40], do="刷新误拦率页面")
    return row


def _words(text: str) -> str:
    said = " ".join(text.split())
    if not 4 <= len(said) <= 400:
        raise ReasonMissing(
            "请写理由", saw=f"{len(said)} 个字", do="写 4 到 400 个字，会记入互动日志"
        )
    return said


def _entry(act: str, one: Lowering, by: str, reason: str, payload: dict[str, object]) -> Entry:
    return Entry(
        kind="content",
        act=act,
        actor=by,
        object=f"rule:{one.rule}",
        reason=reason[:400],
        payload={"rulebook": one.rulebook, "decided": one.decided, **payload},
    )


def _fact(row: ScreeningLowering) -> Lowering:
    return Lowering(
        id=row.id,
        rule=row.rule,
        rulebook=row.rulebook,
        state=row.state,
        why=row.why,
        released=row.released,
        decided=row.decided,
        lowered_by=row.lowered_by,
        lowered_at=row.lowered_at,
        raise_asked_by=row.raise_asked_by,
        raise_reason=row.raise_reason,
        raised_by=row.raised_by,
        raised_at=row.raised_at,
        raise_opinion=row.raise_opinion,
    )
