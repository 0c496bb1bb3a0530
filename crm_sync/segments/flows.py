"""Dimensions about money over time: what flowed in a year, a month's average, what is held now.

A customer of whom nothing moved has 0, which is known; only the retention of somebody without
payroll, or without known assets, is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    case,
    cast,
    false,
    func,
    not_,
    or_,
    select,
    true,
    type_coerce,
)
from sqlmodel import col

from config.conditions import Ask
from config.tier_policy import Flows
from crm_sync.models import Customer, CustomerFlow, Holding
from crm_sync.rules.condition_answers import plainly
from crm_sync.rules.standing import OUT, WEALTH, months_before
from crm_sync.segments.asking import Asking, Own, compared

PAYROLL: Final = "payroll_year"
RETENTION: Final = "retention"


@dataclass(frozen=True, slots=True)
class Flow:
    """Which kinds of flow add up; ``average``: over the last whole months, else over a year."""

    kinds: tuple[str, ...]
    average: bool = False


FLOWS: Final[Mapping[str, Flow]] = {
    PAYROLL: Flow(("payroll_in",)),
    "away_year": Flow(OUT),
    "large_year": Flow(("large_in",)),
    "custody_month": Flow(("custody_trade",), average=True),
    "pos_month": Flow(("pos_in",), average=True),
}
HELD: Final = ("loans", "wealth")
NAMES: Final = (*FLOWS, RETENTION, *HELD)
"""The dimensions of this file."""


def months(flow: Flow, spans: Flows, on: date) -> ColumnElement[bool]:
    """The months in which a flow counts."""
    month, this = col(CustomerFlow.month), on.replace(day=1)
    if flow.average:
        return and_(month >= months_before(on, spans.average_months), month < this)
    return and_(month >= months_before(on, spans.year_months), month <= this)


def of_kind(flow: Flow) -> ColumnElement[bool]:
    """The kinds of a flow."""
    return col(CustomerFlow.kind).in_(flow.kinds)


def counted(name: str, spans: Flows) -> ColumnElement[bool]:
    """The holdings that ``loans`` or ``wealth`` counts."""
    if name == "wealth":
        return col(Holding.kind).in_(WEALTH)
    told = col(Holding.product_name)
    named = (
        or_(*(told.contains(word, autoescape=True) for word in spans.loan_words))
        if spans.loan_words
        else true()
    )
    return and_(col(Holding.kind) == "loan", named)


def retained(aum: Any, pay: Any) -> ColumnElement[int]:
    """Assets as per cent of a year's payroll; NULL without either. Divides whole numbers."""
    return case((pay > 0, aum * 100 // type_coerce(func.nullif(pay, 0), BigInteger)))


def _added() -> Any:
    return cast(func.coalesce(func.sum(col(CustomerFlow.amount_fen)), 0), BigInteger)


def value_of(name: str, asking: Asking) -> Any:
    """The value of a dimension for the customer of the query around it."""
    spans, mine = asking.frame.tiers.flows, col(Customer.id)
    if name == RETENTION:
        return retained(col(Customer.aum_fen), value_of(PAYROLL, asking))
    if name in HELD:
        held = select(func.count()).where(
            col(Holding.customer_id) == mine,
            col(Holding.removed_at).is_(None),
            counted(name, spans),
        )
        return held.correlate(Customer).scalar_subquery()
    flow = FLOWS[name]
    moved = select(_added()).where(
        col(CustomerFlow.customer_id) == mine, of_kind(flow), months(flow, spans, asking.on)
    )
    whole = moved.correlate(Customer).scalar_subquery()
    return whole // spans.average_months if flow.average else whole


def _grouped(name: str, asking: Asking) -> tuple[Any, Any, Any]:
    """Everybody at once: the rows grouped by customer, the customer's column, the value."""
    spans = asking.frame.tiers.flows
    if name in HELD:
        key: Any = col(Holding.customer_id)
        held = select().select_from(Holding)
        held = held.where(col(Holding.removed_at).is_(None), counted(name, spans))
        return held.group_by(key), key, func.count()
    key, flow = col(CustomerFlow.customer_id), FLOWS.get(name, FLOWS[PAYROLL])
    moved = select().where(of_kind(flow), months(flow, spans, asking.on))
    if name == RETENTION:
        own = Customer.__table__.alias("earning")  # type: ignore[attr-defined]
        joined = moved.select_from(CustomerFlow).join(own, own.c.id == key)
        return joined.group_by(key, own.c.aum_fen), key, retained(own.c.aum_fen, _added())
    value = _added() // spans.average_months if flow.average else _added()
    return moved.select_from(CustomerFlow).group_by(key), key, value


def measured(ask: Ask, asking: Asking) -> ColumnElement[bool]:
    """The operators over such a value: one look each for few, one pass over the rows for many."""
    if asking.one_by_one:
        return compared(ask, value_of(ask.dim, asking), asking)
    without = None if ask.dim == RETENTION else 0
    if without == 0 and ask.op in ("known", "unknown"):
        return true() if ask.op == "known" else false()
    rows, key, value = _grouped(ask.dim, asking)
    # Because most customers have no rows: where nothing would do, those who fail are fewer.
    nothing_will_do = plainly(ask, without, asking.on, {}).met
    if ask.op == "unknown":
        wanted = value.is_not(None)
    else:
        wanted = compared(ask, value, asking)
        wanted = not_(wanted) if nothing_will_do else wanted
    inside = _among(rows.having(wanted), key, asking)
    return not_(inside) if nothing_will_do else inside


def _among(rows: Any, key: Any, asking: Asking) -> ColumnElement[bool]:
    """On PostgreSQL the groups are made once beneath the join, not once a customer."""
    if not asking.postgresql:
        return asking.among(rows, key)
    found = rows.add_columns(key.label("customer_id")).subquery()
    return asking.among(select().select_from(found), found.c.customer_id)


COMPUTED: Final[Mapping[str, Own]] = dict.fromkeys(NAMES, measured)
