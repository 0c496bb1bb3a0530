"""What finders look at, for a window of customers in one select; money in 分."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.lead_policy import FEN, LeadPolicy, When
from crm_sync.models import Customer, CustomerFlow, CustomerStanding, Holding, Unit
from crm_sync.repository.keys import among
from crm_sync.repository.subjects import Window
from crm_sync.rules.standing import OUT, WEALTH, months_before
from crm_sync.standing.measures import whole


def employer() -> ColumnElement[str]:
    """Where a customer works, as far as the bank's file says (attributes.employer)."""
    told: ColumnElement[str] = col(Customer.attributes)["employer"].as_string()
    return told


def measured(session: AsyncSession, window: Window, policy: LeadPolicy, on: date) -> Select[Any]:
    """One row a customer of the window: the facts of ``config.lead_policy.Fact`` and the unit."""
    flows = _flows(session, window, policy, on).subquery("flows")
    held = _holdings(session, window, policy).subquery("held")
    aum = col(Customer.aum_fen)
    pay = func.coalesce(flows.c.payroll_year, 0)
    return (
        select(
            col(Customer.id).label("customer_id"),
            col(Customer.unit_id).label("unit_id"),
            employer().label("employer"),
            aum.label("aum"),
            col(CustomerStanding.peak_fen).label("peak"),
            pay.label("payroll_year"),
            case((pay > 0, aum * 100 // whole(func.nullif(pay, 0)))).label("retention"),
            *(
                func.coalesce(flows.c[name], 0).label(name)
                for name in ("away_year", "custody_month", "pos_month")
            ),
            *(func.coalesce(held.c[name], 0).label(name) for name in ("loans", "wealth")),
        )
        .select_from(Customer)
        .outerjoin(CustomerStanding, col(CustomerStanding.customer_id) == col(Customer.id))
        .outerjoin(flows, flows.c.customer_id == col(Customer.id))
        .outerjoin(held, held.c.customer_id == col(Customer.id))
        .where(window.on(session, col(Customer.id)), col(Customer.removed_at).is_(None))
    )


def condition(when: When, m: Any) -> ColumnElement[bool]:
    """A condition over measured columns; agrees with ``rules.leads.holds``."""
    value, scale = m[when.fact], when.scale
    bounds: list[Any] = []
    if when.at_least is not None:
        bounds.append(value >= when.at_least * scale)
    if when.above is not None:
        bounds.append(value > when.above * scale)
    if when.below is not None:
        bounds.append(value < when.below * scale)
    if when.at_most is not None:
        bounds.append(value <= when.at_most * scale)
    return and_(*bounds)


def _sum(condition: ColumnElement[bool], name: str) -> Any:
    added = func.sum(case((condition, col(CustomerFlow.amount_fen)), else_=0))
    return cast(func.coalesce(added, 0), BigInteger).label(name)


def _flows(session: AsyncSession, window: Window, policy: LeadPolicy, on: date) -> Select[Any]:
    owner, month, kind = (
        col(CustomerFlow.customer_id),
        col(CustomerFlow.month),
        col(CustomerFlow.kind),
    )
    this = on.replace(day=1)
    year = and_(month >= months_before(on, policy.year_months), month <= this)
    whole = and_(month >= months_before(on, policy.average_months), month < this)
    added = (
        select(
            owner.label("customer_id"),
            _sum(and_(year, kind == "payroll_in"), "payroll_year"),
            _sum(and_(year, kind.in_(OUT)), "away_year"),
            _sum(and_(whole, kind == "custody_trade"), "custody"),
            _sum(and_(whole, kind == "pos_in"), "pos"),
        )
        .where(
            window.on(session, owner),
            month >= months_before(on, max(policy.year_months, policy.average_months)),
        )
        .group_by(owner)
        .subquery("added")
    )
    months = policy.average_months
    return select(
        added.c.customer_id,
        added.c.payroll_year,
        added.c.away_year,
        (added.c.custody // months).label("custody_month"),
        (added.c.pos // months).label("pos_month"),
    )


def _holdings(session: AsyncSession, window: Window, policy: LeadPolicy) -> Select[Any]:
    owner: Any = col(Holding.customer_id)
    kind, name = col(Holding.kind), col(Holding.product_name)
    named = (
        or_(*(name.contains(word, autoescape=True) for word in policy.loan_words))
        if policy.loan_words
        else true()
    )
    return (
        select(
            owner.label("customer_id"),
            func.count(case((and_(kind == "loan", named), 1))).label("loans"),
            func.count(case((kind.in_(WEALTH), 1))).label("wealth"),
        )
        .where(window.on(session, owner), col(Holding.removed_at).is_(None))
        .group_by(owner)
    )


class Heads:
    """Employers by what they pay a head in a year, as far as it decides who leads."""

    def __init__(self, branch: list[str], subbranch: list[str]) -> None:
        self.branch = branch
        self.subbranch = subbranch


async def heads(session: AsyncSession, policy: LeadPolicy, on: date) -> Heads:
    """The employers whose payroll through this bank, per head, passes a bound of the routing."""
    paid = (
        select(
            col(CustomerFlow.customer_id).label("customer_id"),
            func.sum(col(CustomerFlow.amount_fen)).label("paid"),
        )
        .where(
            col(CustomerFlow.kind) == "payroll_in",
            col(CustomerFlow.month) >= months_before(on, policy.year_months),
            col(CustomerFlow.month) <= on,
        )
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
