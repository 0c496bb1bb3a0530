"""The morning of the managers' books: who stands where, who is parked, who is due today."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from config import policy_catalogue as kinds
from crm_sync.repository import books
from kit.clock import bank_date
from portfolio.activation import rounds
from portfolio.contact_plan.planning import PlanTerms, plan_day
from portfolio.duty.evaluation import evaluate
from portfolio.duty.standings import Terms
from portfolio.followups import parking
from wiring.parts import Parts


def terms(parts: Parts, today: date) -> Terms:
    """The policies by which standings are judged on a day."""
    return Terms(parts.shelf.of(kinds.CONTACT_DUTY), parts.shelf.of(kinds.COVERAGE), today)


def plan_terms(parts: Parts) -> PlanTerms:
    """The policies on which a plan of the day stands."""
    return PlanTerms(
        plan=parts.shelf.of(kinds.DAILY_PLAN),
        duty=parts.shelf.of(kinds.CONTACT_DUTY),
        coverage=parts.shelf.of(kinds.COVERAGE),
        activation=parts.shelf.of(kinds.ACTIVATION),
        tiers=parts.shelf.of(kinds.TIERS),
        farming=parts.shelf.of(kinds.FARMING),
    )


async def morning(
    parts: Parts, at: datetime, *, on: date | None = None, by: str = "system:portfolio"
) -> Mapping[str, Any]:
    """Standings, rounds moved on by contacts, parking, then the plan of the day.

    Each step is a transaction of its own and changes nothing when done again. On a day of rest
    there is no plan, unless the policy says so or ``on`` asks for a day by name.
    """
    bank, policies = parts.databases.bank, plan_terms(parts)
    async with bank.transaction() as session:
        stood = await evaluate(session, policies.duty, policies.coverage, at, by=by)
    async with bank.transaction() as session:
        advanced = await rounds.advance(session, policies.activation, policies.duty, at)
    async with bank.transaction() as session:
        followed = await parking.apply(session, parts.shelf.of(kinds.FOLLOW_UPS), at)
    done = {
        "changed": stood.changed,
        "ended": stood.ended,
        "advanced": advanced,
        "parked": followed.parked,
        "resumed": followed.resumed,
        "managers": 0,
        "contacts": 0,
    }
    day = on or bank_date(at)
    rests = policies.plan.rest_days_off and not parts.desk.calendar.is_working(day)
    if on is None and rests:
        return done
    async with bank.transaction() as session:
        planned = await plan_day(session, day, policies, at, leads=books.led(), by=by)
    return {**done, "managers": planned.managers, "contacts": planned.customers}
