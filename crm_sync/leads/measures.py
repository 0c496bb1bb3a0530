"""What finders look at, for a window of customers in one select; money in 分."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.lead_policy import FEN, LeadPolicy
from config.tier_policy import Flows
from crm_sync.models import Customer, CustomerFlow, CustomerStanding, Holding, Unit
from crm_sync.repository.keys import among
from crm_sync.repository.subjects import Window
from crm_sync.rules.standing import months_before
from crm_sync.segments import flows


def employer() -> ColumnElement[str]:
    """Where a customer works, as far as the bank's file says (attributes.employer)."""
    told: ColumnElement[str] = col(Customer.attributes)["employer"].as_string()
    return told


def measured(session: AsyncSession, window: Window, spans: Flows, on: date) -> Select[Any]:
    """One row a customer of the window: unit, employer, and what finders ask most, by dimension.

    The same as ``segments.flows`` says of one customer, for many in one pass a table.
    """
    moved = _flows(session, window, spans, on).subquery("flows")
    held = _holdings(session, window, spans).subquery("held")
    aum = col(Customer.aum_fen)
    pay = func.coalesce(moved.c[flows.PAYROLL], 0)
    columns: list[Any] = [
        col(Customer.id).label("customer_id"),
        col(Customer.unit_id).label("unit_id"),
        employer().label("employer"),
        aum.label("aum"),
        col(CustomerStanding.peak_fen).label("peak"),
        flows.retained(aum, pay).label(flows.RETENTION),
        *(func.coalesce(moved.c[name], 0).label(name) for name in flows.FLOWS),
        *(func.coalesce(held.c[name], 0).label(name) for name in flows.HELD),
    ]
    return (
        select(*columns)
        .select_from(Customer)
        .outerjoin(CustomerStanding, col(CustomerStanding.customer_id) == col(Customer.id))
        .outerjoin(moved, moved.c.customer_id == col(Customer.id))
        .outerjoin(held, held.c.customer_id == col(Customer.id))
        .where(window.on(session, col(Customer.id)), col(Customer.removed_at).is_(None))
    )


def _flows(session: AsyncSession, window: Window, spans: Flows, on: date) -> Select[Any]:
    owner = col(CustomerFlow.customer_id)
    oldest = months_before(on, max(spans.year_months, spans.average_months))
    added = (
        select(
            owner.label("customer_id"),
            *(
                _sum(and_(flows.of_kind(flow), flows.months(flow, spans, on)), name)
                for name, flow in flows.FLOWS.items()
            ),
        )
        .where(window.on(session, owner), col(CustomerFlow.month) >= oldest)
        .group_by(owner)
        .subquery("added")
    )
    return select(
        added.c.customer_id,
        *(
            (added.c[name] // spans.average_months if flow.average else added.c[name]).label(name)
            for name, flow in flows.FLOWS.items()
        ),
    )


def _sum(condition: ColumnElement[bool], name: str) -> Any:
    added = func.sum(case((condition, col(CustomerFlow.amount_fen)), else_=0))
    return cast(func.coalesce(added, 0), BigInteger).label(name)


def _holdings(session: AsyncSession, window: Window, spans: Flows) -> Select[Any]:
    owner: Any = col(Holding.customer_id)
    return (
        select(
            owner.label("customer_id"),
            *(func.count(case((flows.counted(name, spans), 1))).label(name) for name in flows.HELD),
        )
        .where(window.on(session, owner), col(Holding.removed_at).is_(None))
        .group_by(owner)
    )


class Heads:
    """Employers by what they pay a head in a year, as far as it decides who leads."""

    def __init__(self, branch: list[str], subbranch: list[str]) -> None:
        self.branch = branch
        self.subbranch = subbranch


async def heads(session: AsyncSession, policy: LeadPolicy, spans: Flows, on: date) -> Heads:
    """The employers whose payroll through this bank, per head, passes a bound of the routing."""
    payroll = flows.FLOWS[flows.PAYROLL]
    paid = (
        select(
            col(CustomerFlow.customer_id).label("customer_id"),
            func.sum(col(CustomerFlow.amount_fen)).label("paid"),
        )
        .where(flows.of_kind(payroll), flows.months(payroll, spans, on))
        .group_by(col(CustomerFlow.customer_id))
        .subquery("paid")
    )
    works = (
        select(employer().label("employer"), paid.c.paid)
        .select_from(Customer)
        .join(paid, paid.c.customer_id == col(Customer.id))
        .where(col(Customer.removed_at).is_(None))
        .subquery("works")
    )
    a_head = cast(func.sum(works.c.paid), BigInteger) // func.count()
    query = (
        select(works.c.employer, a_head.label("a_head"))
        .where(works.c.employer.is_not(None), works.c.employer != "")
        .group_by(works.c.employer)
        .having(a_head >= policy.routing.subbranch_from_yuan * FEN)
        .order_by(works.c.employer)
    )
    found = Heads([], [])
    for name, per_head in await session.execute(query):
        high = per_head > policy.routing.branch_above_yuan * FEN
        (found.branch if high else found.subbranch).append(name)
    return found


def level(session: AsyncSession, m: Any, heads: Heads, policy: LeadPolicy) -> ColumnElement[str]:
    """Who leads: by the employer's payroll per head, by the customer's own where none is known."""
    routing = policy.routing
    unknown = or_(m.employer.is_(None), m.employer == "")
    return case(
        (among(session, m.employer, heads.branch), "branch"),
        (among(session, m.employer, heads.subbranch), "subbranch"),
        (and_(unknown, m.payroll_year > routing.branch_above_yuan * FEN), "branch"),
        (and_(unknown, m.payroll_year >= routing.subbranch_from_yuan * FEN), "subbranch"),
        else_="outlet",
    )


def routes() -> Select[Any]:
    """For every unit: the branch above it (``top``) and its sub-branch (``middle``), or itself."""
    own, top, root = (
        Unit.__table__.alias(name)  # type: ignore[attr-defined]
        for name in ("own", "top", "root")
    )
    tops = (
        select(top.c.unit_id, top.c.path)
        .join(root, root.c.unit_id == top.c.parent_id)
        .where(root.c.parent_id.is_(None), top.c.path != "")
        .subquery("tops")
    )
    return select(
        own.c.unit_id,
        func.coalesce(tops.c.unit_id, own.c.unit_id).label("top"),
        case((own.c.kind == "outlet", func.coalesce(own.c.parent_id, own.c.unit_id)),
             else_=own.c.unit_id).label("middle"),
    ).select_from(
        own.outerjoin(
            tops, func.substr(own.c.path, 1, func.length(tops.c.path)) == tops.c.path
        )
    )  # fmt: skip
