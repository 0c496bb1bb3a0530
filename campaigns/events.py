"""Events (理财讲座、童趣、健康……): a place for each who registers, and who came."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from campaigns.benefits import in_force, locked
from campaigns.errors import AttendanceState, BenefitRefused, NoRoom, PersonUnknown
from campaigns.models import Attendance
from crm_sync.repository.keys import among
from crm_sync.repository.people import tiers_of_customers
from kit.clock import bank_date
from kit.ledger import Entry, append


async def register(
    session: AsyncSession,
    benefit_id: int,
    customer_id: int,
    *,
    by: str,
    at: datetime,
    units: Collection[str] | None = None,
) -> int:
    """A place for a customer at an approved event; returns its id. Raises as ``register_all``."""
    [place] = await register_all(session, benefit_id, [customer_id], by=by, at=at, units=units)
    return place


async def register_all(
    session: AsyncSession,
    benefit_id: int,
    customer_ids: Collection[int],
    *,
    by: str,
    at: datetime,
    units: Collection[str] | None = None,
) -> list[int]:
    """Places for customers at an approved event, all of them or none; returns their ids.

    Raises BenefitUnknown, NotApproved, PersonUnknown, BenefitRefused (no event, wrong tier,
    over), NoRoom, AttendanceState (registered before).
    """
    row = await locked(session, benefit_id)
    in_force(row, at)
    if row.kind != "event":
        raise BenefitRefused("这不是活动，不能报名", saw=row.kind)
    if row.held_on is not None and row.held_on < bank_date(at):
        raise BenefitRefused("活动已经办过", saw=row.held_on.isoformat())
    ids = sorted(set(customer_ids))
    people = await tiers_of_customers(session, ids)
    if any(one not in people or not (units is None or people[one][0] in units) for one in ids):
        raise PersonUnknown("没有这位客户，或不在您的机构范围内", do="从客户列表里核对客户号")
    wrong = [people[one][1] for one in ids if row.tiers and people[one][1] not in row.tiers]
    if wrong:
        raise BenefitRefused(
            f"{len(wrong)} 位客户的层级不在这场活动之内，这次一位也没有报名",
            saw="、".join(sorted({tier or "未分层" for tier in wrong})),
        )
    known = select(col(Attendance.id)).where(
        col(Attendance.benefit_id) == benefit_id,
        among(session, col(Attendance.customer_id), ids),
    )
    if before := len((await session.execute(known)).all()):
        raise AttendanceState(f"{before} 位客户已经报名，这次一位也没有报名")
    if row.seats_taken + len(ids) > row.seats:
        raise NoRoom(
            "名额已满" if row.seats_taken >= row.seats else "名额不够，这次一位也没有报名",
            saw=f"{row.seats} 个名额，已报 {row.seats_taken} 位，这次 {len(ids)} 位",
        )
    row.seats_taken += len(ids)
    await session.flush()
    made = insert(Attendance).returning(Attendance, sort_by_parameter_order=True)
    rows = [
        {
            "benefit_id": benefit_id, "customer_id": one, "unit_id": people[one][0],
            "state": "registered", "registered_by": by, "registered_at": at,
        }
        for one in ids
    ]  # fmt: skip
    places = list((await session.execute(made, rows)).scalars()) if rows else []
    await _note(session, "event.registered", places, by, at)
    return [place.id or 0 for place in places]


async def settle(
    session: AsyncSession,
    place_id: int,
    *,
    came: bool,
    by: str,
    at: datetime,
    units: Collection[str] | None = None,
) -> None:
    """Whether a registered customer came; said once. Raises AttendanceState."""
    query = (
        update(Attendance)
        .where(col(Attendance.id) == place_id, col(Attendance.state) == "registered")
        .values(state="attended" if came else "absent", settled_by=by, settled_at=at)
        .returning(Attendance)
    )
    if units is not None:
        query = query.where(col(Attendance.unit_id).in_(sorted(units)))
    place = (await session.execute(query)).scalar_one_or_none()
    if place is None:
        raise AttendanceState("没有这次报名，或已经登记过到场", do="回到活动页刷新")
    await _note(session, "event.attended" if came else "event.absent", [place], by, at)


async def _note(
    session: AsyncSession, act: str, places: Sequence[Attendance], by: str, at: datetime
) -> None:
    entries = [
        Entry(
            kind="customer", act=act, actor=by, object=f"customer:{place.customer_id}",
            unit=place.unit_id, payload={"benefit": place.benefit_id},
        )
        for place in places
    ]  # fmt: skip
    await append(session, entries, at=at)
