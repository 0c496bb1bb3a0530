"""Who a moment is for: the audience, page by page, the members who may publish, the look ahead."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from compliance.facts import Channel, Purpose
from compliance.objections import Objection
from crm_sync.facts import CustomerFact, Reach
from crm_sync.repository import listing
from crm_sync.repository.listing import Wanted
from crm_sync.repository.people import people
from crm_sync.repository.products import units_under
from crm_sync.repository.staff import serving_in
from crm_sync.rules.ages import age
from crm_sync.rules.conditions import Frame
from crm_sync.segments import repository as segments
from delivery import judging
from delivery.desk import Desk
from delivery.intents import Intent
from delivery.moments.facts import Known, MomentFact
from delivery.moments.rules import hours_hold
from kit.clock import bank_date

PAGE: Final = 2_000
TRIGGER: Final = "moment"
PASSED: Final = "passed"
LATE: Final = Objection.OUT_OF_HOURS.code


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer of the audience; ``refused`` says why nobody publishes it to them, if so."""

    customer: CustomerFact
    reach: Reach | None
    refused: str = ""


async def ids(
    session: AsyncSession, one: MomentFact, known: Known, at: datetime, *, most: int | None = None
) -> list[int]:
    """The audience by ascending id: the segment is asked once, however many customers it holds."""
    return await listing.in_order(session, await _wanted(session, one, known, at), most=most)


async def candidates(
    session: AsyncSession, one: MomentFact, customer_ids: Sequence[int], *, desk: Desk
) -> list[Candidate]:
    """Customers of the audience with their way, a page of them at a time; in order."""
    publishing = await members(session, one)
    near = await people(session, customer_ids)
    return [
        _candidate(*near[number], publishing, one, desk)
        for number in customer_ids
        if number in near
    ]


async def _wanted(session: AsyncSession, one: MomentFact, known: Known, at: datetime) -> Wanted:
    """The persona or segment; where only some members publish, of their own customers alone,
    because a branch's moment has no business with the rest of the bank's persona."""
    owners = await members(session, one) if one.units or one.staff_ids else None
    if one.audience_kind == "persona":
        return Wanted(persona=one.audience, owners=owners)
    condition = (await segments.segment(session, one.audience)).version.condition
    frame = Frame(at, known.personas, known.tiers)
    return Wanted(
        owners=owners, within=(segments.members(session, condition, frame, known.outside),)
    )


async def members(session: AsyncSession, one: MomentFact) -> frozenset[str]:
    """The staff ids of those who publish: of the units and below, of the people named."""
    return await serving_in(session, await units_under(session, one.units), one.staff_ids)


def _candidate(
    customer: CustomerFact,
    reach: Reach | None,
    publishing: frozenset[str],
    one: MomentFact,
    desk: Desk,
) -> Candidate:
    if customer.owner_staff_id is None:
        return Candidate(customer, reach, "uncovered")
    if customer.owner_staff_id not in publishing:
        return Candidate(customer, reach, "not_theirs")
    if reach is None:
        return Candidate(customer, reach, "unreachable")
    return Candidate(customer, reach, "" if awake(customer, one, desk) else LATE)


def awake(customer: CustomerFact, one: MomentFact, desk: Desk) -> bool:
    """Whether this customer may be disturbed for as long as members may publish it."""
    years = None if customer.born_on is None else age(customer.born_on, bank_date(one.starts_at))
    elder = desk.policy.is_elder(years, frozenset(customer.personas))
    return hours_hold(
        one.starts_at, one.ends_at, Purpose(one.purpose), elder=elder,
        gate=desk.policy, calendar=desk.calendar,
    )  # fmt: skip


def intent(one: MomentFact, customer: CustomerFact, reach: Reach | None) -> Intent:
    """The moment for one customer, as the door knows it."""
    return Intent(
        key=f"moment:{one.task_id}:{customer.customer_id}",
        trigger=TRIGGER,
        channel=Channel.MOMENT,
        purpose=Purpose(one.purpose),
        customer=customer,
        reach=reach,
        script_version_id=one.script_version_id,
        fields={},
        title=one.title,
        why="企业朋友圈",
        due_on=bank_date(one.starts_at),
        expires_at=one.ends_at,
        detail={"moment": str(one.task_id)},
        goes_at=one.starts_at,
    )


async def judged(
    session: AsyncSession,
    one: MomentFact,
    candidates: Sequence[Candidate],
    *,
    desk: Desk,
    at: datetime,
) -> dict[int, tuple[str, ...]]:
    """Everything that speaks against each candidate, empty for who passes; caps are not asked."""
    reasons: dict[int, tuple[str, ...]] = {
        found.customer.customer_id: (found.refused,) for found in candidates if found.refused
    }
    intents = [
        intent(one, found.customer, found.reach) for found in candidates if not found.refused
    ]
    background = await judging.background(session, intents, at=at)
    for found in judging.judge(intents, background, at=max(at, one.starts_at), desk=desk):
        number = found.intent.customer.customer_id
        reasons[number] = found.objections or (("no_words",) if found.missing else ())
    return reasons


async def preview(
    session: AsyncSession, one: MomentFact, known: Known, *, desk: Desk, at: datetime
) -> dict[str, Any]:
    """How many of the first customers would pass, why the others would not, and who they are.

    ``ids``: the customers behind each number, those who pass under ``passed``.
    """
    found: defaultdict[str, list[int]] = defaultdict(list)
    first = await ids(session, one, known, at, most=desk.moments.preview.customers)
    page = await candidates(session, one, first, desk=desk)
    for number, reasons in (await judged(session, one, page, desk=desk, at=at)).items():
        for code in reasons or (PASSED,):
            found[code].append(number)
    total = await listing.count(session, await _wanted(session, one, known, at))
    return {
        "audience": total,
        "looked": len(page),
        "passed": len(found[PASSED]),
        "reasons": {code: len(some) for code, some in sorted(found.items()) if code != PASSED},
        "ids": dict(found),
    }
