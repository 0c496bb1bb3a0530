"""Plans the day of every manager at once: one ranked question, one insert."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Subquery, and_, case, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.activation_policy import ActivationPolicy
from config.contact_duty_policy import ContactDutyPolicy
from config.coverage_policy import CoveragePolicy
from config.daily_plan_policy import DailyPlanPolicy
from config.farming_policy import FarmingPolicy
from config.tier_policy import TierPolicy
from crm_sync import farming
from crm_sync.repository import books
from crm_sync.rules.farming import next_day
from delivery.repository import reached
from kit import ledger
from kit.clock import bank_date
from kit.db import insert_new
from portfolio.activation import lists as activations
from portfolio.contact_plan.rules import birthdays, edges
from portfolio.duty import standings
from portfolio.duty.standings import Terms
from portfolio.models import ContactStanding, DailyContact, Parking

ACTOR = "system:portfolio"
BATCH = 5_000


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """Every policy that a plan of the day stands on."""

    plan: DailyPlanPolicy
    duty: ContactDutyPolicy
    coverage: CoveragePolicy
    activation: ActivationPolicy
    tiers: TierPolicy
    farming: FarmingPolicy


@dataclass(frozen=True, slots=True)
class Planned:
    """How many managers got a plan, and how many customers are in it."""

    managers: int
    customers: int


async def plan_day(
    session: AsyncSession,
    on: date,
    policies: PlanTerms,
    at: datetime,
    *,
    leads: Subquery | None = None,
    by: str = ACTOR,
) -> Planned:
    """Plan ``on`` for every manager who has no plan for it yet; again, it changes nothing.

    ``leads``: customers with an open lead (``customer_id``, each once). Every manager gets at
    most ``most`` lines, and those without a reason only up to ``least``. The ranking is stable:
    score, longest without a contact, customer id. Needs standings (``duty.evaluation``).
    """
    found = (await session.execute(_ranked(on, policies, leads))).all()
    near = birthdays(on, policies.plan.birthday_days)
    limits = edges(policies.tiers, policies.plan.edge_percent)
    rows = [_row(one, on, policies, near, limits, at) for one in found]
    for start in range(0, len(rows), BATCH):
        await insert_new(
            session,
            DailyContact,
            rows[start : start + BATCH],
            key=["staff_id", "on", "customer_id"],
        )
    done = Planned(len({row["staff_id"] for row in rows}), len(rows))
    if rows:
        await ledger.append(
            session,
            [
                ledger.Entry(
                    kind="plan",
                    act="contacts.planned",
                    actor=by,
                    object=f"list:daily/{on.isoformat()}",
                    unit="hq",
                    payload={"managers": done.managers, "customers": done.customers},
                )
            ],
            at=at,
        )
    return done


def _ranked(on: date, policies: PlanTerms, leads: Subquery | None) -> Any:
    """The lines of the day, of every manager without a plan for it.

    Everybody is ranked by four narrow columns, and what a line tells is looked up for the chosen
    alone: to sort a million wide rows costs ten times as much.
    """
    plan, standing = policies.plan, ContactStanding.__table__  # type: ignore[attr-defined]
    book = books.owned()
    todo = reached.waiting(on)
    step = activations.due(policies.activation, on)
    field = farming.due_seasons(policies.farming, on)
    number, staff = col(ContactStanding.customer_id), col(ContactStanding.staff_id)
    flags = _flags(on, policies, todo, step, leads) | {"season": field.c.season.is_not(None)}
    score = sum(
        (case((flag, plan.score(name)), else_=0) for name, flag in flags.items()),  # type: ignore[arg-type]
        start=literal(0),
    )

    def with_waiting(source: Any) -> Any:
        of_both = and_(todo.c.customer_id == number, todo.c.staff_id == staff)
        found = source.outerjoin(todo, of_both).outerjoin(step, step.c.customer_id == number)
        found = found.outerjoin(field, field.c.customer_id == number)
        return found if leads is None else found.outerjoin(leads, leads.c.customer_id == number)

    left_alone = select(literal(1)).where(
        col(Parking.customer_id) == number, col(Parking.unparked_at).is_(None)
    )
    still_owned = select(literal(1)).where(book.c.customer_id == number, book.c.staff_id == staff)
    planned = select(col(DailyContact.staff_id)).where(col(DailyContact.on) == on).distinct()
    scored = (
        select(
            number.label("customer_id"),
            staff.label("staff_id"),
            col(ContactStanding.base_at).label("base_at"),
            score.label("score"),
        )
        .select_from(with_waiting(standing))
        .where(~exists(left_alone), exists(still_owned), staff.not_in(planned))
        .subquery("scored")
    )
    place = func.row_number().over(
        partition_by=scored.c.staff_id,
        order_by=(scored.c.score.desc(), scored.c.base_at, scored.c.customer_id),
    )
    ranked = select(scored, place.label("place")).subquery("ranked")
    chosen = (
        select(ranked)
        .where(
            ranked.c.place <= plan.most,
            or_(ranked.c.score > 0, ranked.c.place <= plan.least),
        )
        .subquery("chosen")
    )
    of_chosen = and_(number == chosen.c.customer_id, staff == chosen.c.staff_id)
    marks = (case((flag, 1), else_=0).label(name) for name, flag in flags.items())
    born = books.birthdays()
    told = chosen.join(standing, of_chosen).join(born, born.c.customer_id == number)
    return (
        select(
            chosen,
            col(ContactStanding.unit_id),
            col(ContactStanding.grade),
            col(ContactStanding.aum_fen),
            born.c.birthday.label("born"),
            func.coalesce(todo.c.todos, 0).label("todos"),
            func.coalesce(todo.c.maturities, 0).label("maturities"),
            step.c.place.label("round"),
            field.c.season.label("begins"),
            *marks,
        )
        .select_from(with_waiting(told))
        .order_by(chosen.c.staff_id, chosen.c.place)
    )


def _flags(
    on: date, policies: PlanTerms, todo: Subquery, step: Subquery, leads: Subquery | None
) -> dict[str, ColumnElement[bool]]:
    """Each reason as a condition over a standing and what waits for its customer."""
    terms = Terms(policies.duty, policies.coverage, on)
    aum = col(ContactStanding.aum_fen)
    born = books.birthdays()
    near = birthdays(on, policies.plan.birthday_days)
    soon = select(born.c.customer_id).where(born.c.birthday.in_(list(near)))
    return {
        "maturity": func.coalesce(todo.c.maturities, 0) > 0,
        "todo": func.coalesce(todo.c.todos, 0) > func.coalesce(todo.c.maturities, 0),
        "breach": standings.breach(terms),
        "due": and_(standings.late(terms), ~standings.breach(terms)),
        "activation": step.c.place.is_not(None),
        "edge": or_(
            literal(value=False),
            *(
                and_(aum >= low, aum < high)
                for low, high, _ in edges(policies.tiers, policies.plan.edge_percent)
            ),
        ),
        "birthday": col(ContactStanding.customer_id).in_(soon),
        "lead": literal(value=False) if leads is None else leads.c.customer_id.is_not(None),
    }


def _row(
    one: Row[Any],
    on: date,
    policies: PlanTerms,
    near: Mapping[int, date],
    limits: Iterable[tuple[int, int, str]],
    at: datetime,
) -> dict[str, Any]:
    days = (on - bank_date(one.base_at)).days
    facts: dict[str, dict[str, Any]] = {
        "maturity": {"number": int(one.maturities)},
        "breach": {"days": days},
        "lead": {},
        "todo": {"number": int(one.todos) - int(one.maturities)},
        "due": {"grade": one.grade, "every": policies.duty.days_of(one.grade), "days": days},
        "season": {
            "season": policies.farming.season_name(one.begins or 0),
            "on": next_day(one.begins, on).isoformat() if one.begins else "",
        },
        "activation": {"round": (one.round or 0) + 1},
        "edge": {
            "tier": next(
                (name for low, high, name in limits if low <= (one.aum_fen or 0) < high), ""
            )
        },
        "birthday": {"on": near.get(one.born or 0, on).isoformat()},
    }
    order = [reason.name for reason in policies.plan.reasons]
    reasons = [{"name": name, **facts[name]} for name in order if getattr(one, name)]
    return {
        "staff_id": one.staff_id,
        "on": on,
        "customer_id": one.customer_id,
        "unit_id": one.unit_id,
        "place": one.place,
        "score": one.score,
        "reasons": reasons or [{"name": "fill", "days": days}],
        "planned_at": at,
    }
