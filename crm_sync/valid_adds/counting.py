"""How many adds are valid, and where the others stop; the list behind each number."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.adds_policy import AddsPolicy
from crm_sync.valid_adds.conditions import adds, funnel_filter, holds_alone, holds_so_far
from crm_sync.valid_adds.facts import CONDITIONS, Add, AddCount, AddQuery, Condition, Kept

By = Literal["", "unit_id", "staff_id", "source"]
NOBODY: Final = AddCount("", 0, dict.fromkeys(CONDITIONS, 0), dict.fromkeys(CONDITIONS, 0), 0)


async def count(
    session: AsyncSession, policy: AddsPolicy, query: AddQuery, at: datetime, *, by: By = ""
) -> list[AddCount]:
    """One funnel for all, or one for each unit, member or source; the largest first."""
    found = adds(session, policy, query, at)
    key: Any = found.c[by] if by else literal("")
    so_far, alone = holds_so_far(found), holds_alone(found)
    statement = select(
        key.label("key"),
        func.count().label("added"),
        *(func.count(case((one, 1))) for one in so_far),
        *(func.count(case((one, 1))) for one in alone),
        func.count(case((found.c.kept == Kept.PENDING, 1))).label("pending"),
    ).where(*funnel_filter(found, query))
    if by:
        statement = statement.group_by(key).order_by(func.count().desc(), key)
    width = len(CONDITIONS)
    return [
        AddCount(
            key=str(row[0] or ""),
            added=int(row[1]),
            steps={one: int(row[2 + n]) for n, one in enumerate(CONDITIONS)},
            alone={one: int(row[2 + width + n]) for n, one in enumerate(CONDITIONS)},
            pending=int(row[-1]),
        )
        for row in (await session.execute(statement)).all()
    ]


async def total(
    session: AsyncSession, policy: AddsPolicy, query: AddQuery, at: datetime
) -> AddCount:
    """The one funnel of ``query``."""
    found = await count(session, policy, query, at)
    return found[0] if found else NOBODY


async def page(
    session: AsyncSession,
    policy: AddsPolicy,
    query: AddQuery,
    at: datetime,
    *,
    after: tuple[str, str] = ("", ""),
    limit: int = 50,
) -> list[Add]:
    """The next adds by contact and member; each with all its conditions."""
    found = adds(session, policy, query, at)
    behind = (found.c.external_userid > after[0]) | (
        (found.c.external_userid == after[0]) & (found.c.userid > after[1])
    )
    statement = (
        select(found)
        .where(behind, *funnel_filter(found, query))
        .order_by(found.c.external_userid, found.c.userid)
        .limit(limit)
    )
    return [
        Add(
            external_userid=row.external_userid,
            userid=row.userid,
            staff_id=row.staff_id,
            unit_id=row.unit_id,
            customer_id=row.customer_id,
            added_at=row.added_at,
            ended_at=row.ended_at,
            source=row.source,
            linked=bool(row.linked),
            bound=bool(row.bound),
            owned=bool(row.owned),
            first=bool(row.first),
            kept=Kept(row.kept),
            two_way=bool(row.two_way),
            staff_wrote=bool(row.staff_wrote),
            customer_wrote=bool(row.customer_wrote),
        )
        for row in await session.execute(statement)
    ]


def why_not(add: Add, policy: AddsPolicy) -> list[tuple[Condition, str]]:
    """Each condition that fails, in words for the manager; nothing for a valid add."""
    told: list[tuple[Condition, str]] = []
    if not add.bound:
        told.append(
            (
                Condition.BOUND,
                "已对应客户，但不是实名方式" if add.linked else "还没有对应到本行客户",
            )
        )
    if not add.owned:
        told.append((Condition.OWNED, "加好友的不是管户经理"))
    if not add.first:
        told.append(
            (Condition.FIRST, "这位客户更早已有好友关系" if add.linked else "不知道是哪位客户")
        )
    if add.kept is Kept.NO:
        told.append((Condition.KEPT, f"不到 {policy.kept_days} 天好友关系就结束了"))
    if add.kept is Kept.PENDING:
        told.append((Condition.KEPT, f"未满 {policy.kept_days} 天，还要等"))
    if not add.two_way:
        told.append((Condition.TWO_WAY, _silence(add, policy)))
    return told


def _silence(add: Add, policy: AddsPolicy) -> str:
    if add.staff_wrote and add.customer_wrote:
        return f"{policy.two_way_days} 天内没有双方都说话"
    if add.staff_wrote:
        return "存档里只有员工说话"
    if add.customer_wrote:
        return "存档里只有客户说话"
    return "存档里没有说过话（没有开通或没有同意存档的，看不到）"


def stopped_in(counts: Collection[AddCount]) -> dict[Condition, int]:
    """How many adds stop at each condition, over all of ``counts``."""
    found: dict[Condition, int] = {}
    for place, one in enumerate(CONDITIONS):
        before = sum(c.steps[CONDITIONS[place - 1]] if place else c.added for c in counts)
        found[one] = before - sum(c.steps[one] for c in counts)
    return found
