"""Whom a broadcast would not reach, before anybody approves it: an estimate, in one statement.

What WeCom would drop (no friend, its limit used up by others' broadcasts or by ours), and who said
no. It is an estimate because others go on sending until that day, and because the gate looks at
more than this when the day has come.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Select, and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.facts import Purpose
from compliance.repository import agreed as consented
from compliance.wishes import declined, silent_contacts
from config.settings import BroadcastCap
from crm_sync.repository.friends import friends_of
from delivery import quota
from delivery.models import OutsideReach, QuotaSlot
from delivery.quota import Cap

GOES: Final = "goes"
DROPPED: Final[Mapping[str, str]] = {
    "no_friend": "和管户经理没有好友关系，群发到不了",
    "said_no": "客户不要这类消息，或正在投诉",
    "not_agreed": "客户没有同意过这类消息",
    "outside": "别处的群发已把企业微信的次数用完",
    "ours": "我们的群发已把企业微信的次数用完",
}
"""Why a broadcast would not reach a customer; the first that holds."""


@dataclass(frozen=True, slots=True)
class Span:
    """WeCom's limit on the day, and the days that are looked at: those of its window, or as many
    before today where that has not begun (``guessed``)."""

    cap: Cap
    since: date
    guessed: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One customer of the audience. ``outside``, ``ours``: broadcasts counted in the span."""

    customer_id: int
    unit_id: str
    staff_id: str
    fate: str
    outside: int
    ours: int


def span(mode: BroadcastCap, day: date, today: date) -> Span:
    """What counts for a broadcast of ``day`` as one can know it on ``today``."""
    cap = quota.broadcast_cap(mode, day)
    if cap.starts_on <= today:
        return Span(cap, cap.starts_on, guessed=False)
    length = {"day": 1, "week": 7}.get(cap.window, cap.most if mode == "month_days" else 30)
    return Span(cap, today - timedelta(days=length - 1), guessed=True)


def fates(
    roster: Select[Any], purpose: Purpose, over: Span, needed: str | None = None
) -> Select[Any]:
    """``customer_id unit_id staff_id outside ours fate`` of everybody in ``roster``.

    ``needed``: the consent that the gate asks for (policy ``gate``, ``consent.needed``).
    """
    ways = friends_of(roster).subquery("friends")
    others = (
        select(col(OutsideReach.external_userid), func.sum(col(OutsideReach.uses)).label("number"))
        .where(col(OutsideReach.sent_on) >= over.since)
        .group_by(col(OutsideReach.external_userid))
        .subquery("others")
    )
    own = (
        select(col(QuotaSlot.customer_id), func.count().label("number"))
        .where(
            col(QuotaSlot.family) == quota.BROADCASTS,
            col(QuotaSlot.window) == over.cap.window,
            col(QuotaSlot.starts_on) == over.cap.starts_on,
        )
        .group_by(col(QuotaSlot.customer_id))
        .subquery("own")
    )
    no = declined(purpose).subquery("no")
    silent = or_(
        ways.c.customer_id.in_(select(no.c.customer_id)),
        ways.c.external_userid.in_(silent_contacts(purpose)),
    )
    agreed: Any = literal(1)
    if needed is not None:
        agreed = func.max(case((ways.c.customer_id.in_(consented(needed)), 1), else_=0))
    outside = func.max(func.coalesce(others.c.number, 0))
    ours = func.max(func.coalesce(own.c.number, 0))
    fate = case(
        (func.count(ways.c.external_userid) == 0, literal("no_friend")),
        (func.max(case((silent, 1), else_=0)) == 1, literal("said_no")),
        (agreed == 0, literal("not_agreed")),
        (and_(outside > 0, outside + ours >= over.cap.most), literal("outside")),
        (ours >= over.cap.most, literal("ours")),
        else_=literal(GOES),
    )
    return (
        select(
            ways.c.customer_id, ways.c.unit_id, ways.c.staff_id,
            outside.label("outside"), ours.label("ours"), fate.label("fate"),
        )
        .outerjoin(others, others.c.external_userid == ways.c.external_userid)
        .outerjoin(own, own.c.customer_id == ways.c.customer_id)
        .group_by(ways.c.customer_id, ways.c.unit_id, ways.c.staff_id)
    )  # fmt: skip


async def counts(
    session: AsyncSession, found: Select[Any], units: frozenset[str] | None = None
) -> dict[str, int]:
    """How many customers each fate has, of ``units`` where given; all of them are in it."""
    told = found.subquery("fates")
    query = select(told.c.fate, func.count()).group_by(told.c.fate)
    if units is not None:
        query = query.where(told.c.unit_id.in_(sorted(units)))
    numbers = {str(fate): int(number) for fate, number in await session.execute(query)}
    return {fate: numbers.get(fate, 0) for fate in (GOES, *DROPPED)}


async def lines(
    session: AsyncSession,
    found: Select[Any],
    *,
    fate: str = "",
    units: frozenset[str] | None = None,
    limit: int = 50,
    after: int = 0,
) -> Sequence[Line]:
    """The next customers above ``after``, by id; ``fate`` empty: everybody it would not reach."""
    told = found.subquery("fates")
    query = select(
        told.c.customer_id,
        told.c.unit_id,
        told.c.staff_id,
        told.c.fate,
        told.c.outside,
        told.c.ours,
    ).where(told.c.customer_id > after, told.c.fate == fate if fate else told.c.fate != GOES)
    if units is not None:
        query = query.where(told.c.unit_id.in_(sorted(units)))
    rows = await session.execute(query.order_by(told.c.customer_id).limit(limit))
    return [Line(*row[:4], int(row[4]), int(row[5])) for row in rows]
