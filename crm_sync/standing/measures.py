"""What the rules of standing look at, measured for a window of customers in one select.

Each table is read once and grouped by customer before it is joined; ``rules.standing.Known``
says what each column means.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.standing_policy import Sign, StandingPolicy
from crm_sync.models import Customer, CustomerEvent, CustomerFlow, CustomerSnapshot, Holding
from crm_sync.repository.subjects import Window
from crm_sync.rules.standing import (
    COMING,
    MATURING,
    OUT,
    WEALTH,
    Known,
    months_before,
    years_before,
)

FILLED: Final = "filled_"
"""Prefix of the columns that say whether an item of the file is there, by its place."""

_COLUMNS: Final = {
    "name": Customer.name,
    "phone": Customer.phone,
    "gender": Customer.gender,
    "born_on": Customer.born_on,
    "occupation": Customer.occupation,
    "risk_level": Customer.risk_level,
    "opened_on": Customer.opened_on,
    "aum": Customer.aum_fen,
}
_TEXTS: Final = frozenset({"gender", "occupation"})


def alternatives(policy: StandingPolicy) -> tuple[str, ...]:
    """Every single thing that the policy's file may hold, in a fixed order."""
    return tuple(
        dict.fromkeys(
            one for part in policy.file.section for item in part.items for one in item.split("|")
        )
    )


def measured(
    session: AsyncSession,
    window: Window,
    policy: StandingPolicy,
    on: date,
    contacted: Select[Any] | None = None,
) -> Select[Any]:
    """One row a customer of the window (those removed left out), columns as ``Known`` has them.

    ``contacted`` selects the ids of customers with a record of contact; its owner is above.
    """
    shots = _snapshots(session, window, policy, on).subquery("shots")
    held = _holdings(session, window, policy, on).subquery("held")
    flows = _flows(session, window, policy, on).subquery("flows")
    coming = _coming(session, window, policy, on).subquery("coming")
    number = col(Customer.id)
    there = {
        "holdings": func.coalesce(held.c.holdings, 0) > 0,
        "snapshots": func.coalesce(shots.c.snapshots_ever, 0) > 0,
        "flows": func.coalesce(flows.c.flows_ever, 0) > 0,
        "contact": _contacted(contacted),
    }
    zeroes: Sequence[Any] = [
        func.coalesce(part.c[name], 0).label(name)
        for part, names in (
            (shots, ("snapshots", "snapshot_sum_fen", "snapshots_ever")),
            (held, ("holdings", "cards", "maturing", "bought")),
            (flows, ("flows_ever", "flows_months", "flows_dormant", "out_fen", "large_fen")),
            (coming, ("coming",)),
        )
        for name in names
    ]
    return (
        select(
            number.label("customer_id"),
            col(Customer.aum_fen).label("aum_fen"),
            col(Customer.aum_average_fen).label("given_average_fen"),
            col(Customer.risk_level).label("risk_level"),
            col(Customer.opened_on).label("opened_on"),
            shots.c.high_fen,
            shots.c.low_fen,
            shots.c.floor_fen,
            shots.c.peak_fen,
            held.c.newest_on,
            *zeroes,
            *(
                case((_filled(one, there), 1), else_=0).label(f"{FILLED}{place}")
                for place, one in enumerate(alternatives(policy))
            ),
        )
        .select_from(Customer)
        .outerjoin(shots, shots.c.customer_id == number)
        .outerjoin(held, held.c.customer_id == number)
        .outerjoin(flows, flows.c.customer_id == number)
        .outerjoin(coming, coming.c.customer_id == number)
        .where(window.on(session, number), col(Customer.removed_at).is_(None))
    )


def known(row: Any, policy: StandingPolicy) -> Known:
    """A measured row as the pure rules take it."""
    things = alternatives(policy)
    values = {name: getattr(row, name) for name in Known.__slots__ if name != "filled"}
    filled = frozenset(one for place, one in enumerate(things) if getattr(row, f"{FILLED}{place}"))
    return Known(filled=filled, **values)


def whole(number: Any) -> ColumnElement[int]:
    """``number`` known to be whole, so that dividing by it needs no floor of its own."""
    return type_coerce(number, BigInteger)


def sign(policy: StandingPolicy, name: str) -> Sign | None:
    """The sign of that name, where the policy has it."""
    return next((one for one in policy.sign if one.name == name), None)


def _filled(item: str, there: dict[str, ColumnElement[bool]]) -> ColumnElement[bool]:
    if item in there:
        return there[item]
    head, dot, name = item.partition(".")
    if dot and head == "attributes":
        told = col(Customer.attributes)[name].as_string()
        return and_(told.is_not(None), told != "")
    column: Any = _COLUMNS[item]
    if item in _TEXTS:
        texted: ColumnElement[bool] = column != ""
        return texted
    filled: ColumnElement[bool] = column.is_not(None)
    return filled


def _contacted(contacted: Select[Any] | None) -> ColumnElement[bool]:
    if contacted is None:
        return false()
    found = contacted.subquery("contacted")
    (number,) = found.c
    return exists(select(literal(1)).where(number == col(Customer.id)))


def _count(condition: ColumnElement[bool], name: str) -> Any:
    return func.count(case((condition, 1))).label(name)


def _sum(amount: Any, condition: ColumnElement[bool], name: str) -> Any:
    added = func.sum(case((condition, amount), else_=0))
    return cast(func.coalesce(added, 0), BigInteger).label(name)


def _snapshots(
    session: AsyncSession, window: Window, policy: StandingPolicy, on: date
) -> Select[Any]:
    shot, amount, day = (
        col(CustomerSnapshot.customer_id),
        col(CustomerSnapshot.aum_fen),
        col(CustomerSnapshot.on),
    )
    rising = sign(policy, "rising")
    lively = day >= on - timedelta(days=policy.activity.days)
    recent = and_(day > on - timedelta(days=policy.average.days), amount.is_not(None))
    within_rise = day >= on - timedelta(days=rising.days if rising else 0)
    return (
        select(
            shot.label("customer_id"),
            _count(recent, "snapshots"),
            _sum(amount, recent, "snapshot_sum_fen"),
            func.count().label("snapshots_ever"),
            func.max(case((lively, amount))).label("high_fen"),
            func.min(case((lively, amount))).label("low_fen"),
            func.min(case((within_rise, amount))).label("floor_fen"),
            func.max(amount).label("peak_fen"),
        )
        .where(window.on(session, shot), day >= years_before(on, policy.peak.years), day <= on)
        .group_by(shot)
    )


def _holdings(
    session: AsyncSession, window: Window, policy: StandingPolicy, on: date
) -> Select[Any]:
    owner, kind, opened = (
        col(Holding.customer_id),
        col(Holding.kind),
        col(Holding.opened_on),
    )
    maturing, bought = sign(policy, "maturing"), sign(policy, "bought")
    soon = and_(
        kind.in_(MATURING),
        col(Holding.matures_on).between(on, on + timedelta(days=maturing.days if maturing else 0)),
    )
    lately = and_(
        kind.in_(WEALTH), opened.between(on - timedelta(days=bought.days if bought else 0), on)
    )
    return (
        select(
            owner.label("customer_id"),
            func.count().label("holdings"),
            _count(kind == "card", "cards"),
            _count(soon, "maturing"),
            _count(lately, "bought"),
            func.max(case((opened <= on, opened))).label("newest_on"),
        )
        .where(window.on(session, owner), col(Holding.removed_at).is_(None))
        .group_by(owner)
    )


def _flows(session: AsyncSession, window: Window, policy: StandingPolicy, on: date) -> Select[Any]:
    owner, month, kind, amount = (
        col(CustomerFlow.customer_id),
        col(CustomerFlow.month),
        col(CustomerFlow.kind),
        col(CustomerFlow.amount_fen),
    )
    rules, large = policy.activity, sign(policy, "large_in")
    lively = month >= months_before(on, rules.months)
    quiet_since = (on - timedelta(days=rules.dormant_days)).replace(day=1)
    within_large = month >= months_before(on, large.months if large else 0)
    return (
        select(
            owner.label("customer_id"),
            func.count().label("flows_ever"),
            _count(lively, "flows_months"),
            _count(month >= quiet_since, "flows_dormant"),
            _sum(amount, and_(lively, kind.in_(OUT)), "out_fen"),
            _sum(amount, and_(within_large, kind == "large_in"), "large_fen"),
        )
        .where(window.on(session, owner), month <= on)
        .group_by(owner)
    )


def _coming(session: AsyncSession, window: Window, policy: StandingPolicy, on: date) -> Select[Any]:
    owner: Any = col(CustomerEvent.customer_id)
    day = col(CustomerEvent.on)
    coming = sign(policy, "coming")
    until = on + timedelta(days=coming.days if coming else 0)
    query: Select[Any] = select(owner.label("customer_id"), func.count().label("coming")).where(
        window.on(session, owner),
        or_(*(col(CustomerEvent.kind) == kind for kind in COMING)),
        day.between(on, until),
    )
    return query.group_by(owner)
