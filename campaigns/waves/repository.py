"""Campaigns as they are listed, counted and paged; the draw and the answers, a statement each."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Select,
    and_,
    case,
    cast,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from campaigns.models import Attendance, Campaign, CampaignMember, CampaignWave
from campaigns.waves.errors import CampaignUnknown
from campaigns.waves.facts import Arm, CampaignFact, CampaignStatus, WaveFact
from campaigns.waves.rules import PARTS, mixed
from crm_sync.repository.keys import UNTRACKED, among, unnested


async def one(
    session: AsyncSession, campaign_id: int, units: frozenset[str] | None
) -> CampaignFact:
    """A campaign in sight: of one's units, or with customers there. Raises CampaignUnknown."""
    query = select(Campaign).where(col(Campaign.id) == campaign_id, *_seen(session, units))
    found = await _facts(session, query)
    if not found:
        raise CampaignUnknown("没有这个活动，或不在您的机构范围内", do="从营销活动列表里打开")
    return found[0]


async def listed(
    session: AsyncSession,
    units: frozenset[str] | None,
    *,
    states: Sequence[str] = (),
    kind: str = "",
    within: tuple[date, date] | None = None,
    limit: int = 50,
    before: int = 0,
) -> list[CampaignFact]:
    """Campaigns in sight, the newest first; ``within``: begun between the two days, included."""
    query = select(Campaign).where(*_seen(session, units))
    if states:
        query = query.where(col(Campaign.state).in_(list(states)))
    if kind:
        query = query.where(col(Campaign.kind) == kind)
    if within is not None:
        query = query.where(col(Campaign.starts_on).between(*within))
    if before:
        query = query.where(col(Campaign.id) < before)
    return await _facts(session, query.order_by(col(Campaign.id).desc()).limit(limit))


async def counts(session: AsyncSession, units: frozenset[str] | None) -> Counter[str]:
    """How many campaigns in sight are in each state."""
    query = (
        select(col(Campaign.state), func.count())
        .where(*_seen(session, units))
        .group_by(col(Campaign.state))
    )
    return Counter({state: many for state, many in await session.execute(query)})  # noqa: C416


async def titles(session: AsyncSession, ids: Collection[int]) -> dict[int, str]:
    """What campaigns are called, by id."""
    if not ids:
        return {}
    query = select(col(Campaign.id), col(Campaign.title)).where(col(Campaign.id).in_(sorted(ids)))
    return {number: title for number, title in await session.execute(query)}  # noqa: C416


async def due(session: AsyncSession, today: date) -> list[CampaignFact]:
    """What the clock has to do with: approved and begun, or running."""
    query = select(Campaign).where(
        or_(
            and_(col(Campaign.state) == CampaignStatus.APPROVED, col(Campaign.starts_on) <= today),
            col(Campaign.state) == CampaignStatus.RUNNING,
        )
    )
    return await _facts(session, query.order_by(col(Campaign.id)))


def _seen(session: AsyncSession, units: frozenset[str] | None) -> list[Any]:
    """Led by a unit in sight, taking part, or with a customer of a unit in sight."""
    if units is None:
        return []
    mine = sorted(units)
    part = unnested(session, col(Campaign.units))
    customers = select(col(CampaignMember.customer_id)).where(
        col(CampaignMember.campaign_id) == col(Campaign.id),
        among(session, col(CampaignMember.unit_id), mine),
    )
    return [
        or_(
            among(session, col(Campaign.unit_id), mine),
            select(part.c.value).where(part.c.value.in_(mine)).exists() if mine else false(),
            customers.exists(),
        )
    ]


async def _facts(session: AsyncSession, query: Select[Any]) -> list[CampaignFact]:
    rows = (await session.execute(query.execution_options(populate_existing=True))).scalars().all()
    if not rows:
        return []
    asked = (
        select(CampaignWave)
        .where(col(CampaignWave.campaign_id).in_([row.id for row in rows]))
        .order_by(col(CampaignWave.campaign_id), col(CampaignWave.number))
        .execution_options(populate_existing=True)
    )
    waves: dict[int, list[WaveFact]] = {}
    names = WaveFact.__dataclass_fields__
    for wave in (await session.execute(asked)).scalars():
        told = WaveFact(**{name: getattr(wave, name) for name in names})
        waves.setdefault(wave.campaign_id, []).append(told)
    return [fact_of(row, waves.get(row.id, [])) for row in rows]


def fact_of(row: Campaign, waves: Sequence[WaveFact]) -> CampaignFact:
    """The row as others see it."""
    own = ("campaign_id", "waves", "units", "departments")
    values = {
        name: getattr(row, name) for name in CampaignFact.__dataclass_fields__ if name not in own
    }
    return CampaignFact(
        campaign_id=row.id, waves=tuple(waves), units=tuple(row.units),
        departments=tuple(row.departments), **values,
    )  # fmt: skip


async def draw(session: AsyncSession, one: CampaignFact, roster: Select[Any]) -> None:
    """Draw the hold-out and the turns of everybody on ``roster`` in one statement.

    ``roster``: customer id, unit, owner, AUM. The order within a manager is the draw's own too.
    """
    people = roster.subquery("roster")
    number = cast(people.c.customer_id, BigInteger)
    fell = mixed(number, one.seed, lambda left, right: left % literal(right, BigInteger))
    drawn = select(
        people.c.customer_id, people.c.unit_id, people.c.staff_id, people.c.aum_fen,
        fell.label("fell"),
    ).subquery("drawn")  # fmt: skip
    held = drawn.c.fell % PARTS < one.hold_out_percent * PARTS // 100
    arm = case((held, Arm.HELD.value), else_=Arm.TREATED.value)
    turn = func.row_number().over(
        partition_by=(drawn.c.staff_id, arm), order_by=(drawn.c.fell, drawn.c.customer_id)
    )
    names = ["campaign_id", "customer_id", "unit_id", "staff_id", "arm", "turn", "aum_fen"]
    await session.execute(
        insert(CampaignMember).from_select(
            names,
            select(
                literal(one.campaign_id, BigInteger), drawn.c.customer_id, drawn.c.unit_id,
                drawn.c.staff_id, arm, turn, drawn.c.aum_fen,
            ),
        )
    )  # fmt: skip


def came(since: datetime) -> Select[Any]:
    """The ids of customers who took a place at an event since."""
    return select(col(Attendance.customer_id)).where(col(Attendance.registered_at) >= since)


async def note_answers(
    session: AsyncSession, campaign_id: int, answered: Sequence[Select[Any]], at: datetime
) -> None:
    """Whoever is in one of the selects has answered, from now on; one statement.

    Who is held out counts too, because that is what the others are compared with.
    """
    if not answered:
        return
    await session.execute(
        update(CampaignMember)
        .where(
            col(CampaignMember.campaign_id) == campaign_id,
            col(CampaignMember.answered_at).is_(None),
            or_(*(col(CampaignMember.customer_id).in_(one) for one in answered)),
        )
        .values(answered_at=at),
        execution_options=UNTRACKED,
    )
