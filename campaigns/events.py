"""Events (理财讲座、童趣、健康……): a place for each who registers, and who came."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from campaigns.benefits import in_force, locked
from campaigns.errors import AttendanceState, BenefitRefused, NoRoom, PersonUnknown
from campaigns.models import Attendance
from crm_sync.selection import customer_facts
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
    """A place for a customer at an approved event; returns its id.

    Raises BenefitUnknown, NotApproved, PersonUnknown, BenefitRefused (no event, wrong tier,
    over), NoRoom, AttendanceState (registered before).
    """
    row = await locked(session, benefit_id)
    in_force(row, at)
    if row.kind != "event":
        raise BenefitRefused("这不是活动，不能报名", saw=row.kind)
    if row.held_on is not None and row.held_on < bank_date(at):
        raise BenefitRefused("活动已经办过", saw=row.held_on.isoformat())
    person = (await customer_facts(session, [customer_id])).get(customer_id)
    if person is None or (units is not None and person.unit_id not in units):
        raise PersonUnknown("没有这位客户，或不在您的机构范围内", do="从客户列表里核对客户号")
    if row.tiers and person.tier not in row.tiers:
        raise BenefitRefused("客户的层级不在这场活动之内", saw=person.tier or "未分层")
    known = select(col(Attendance.id)).where(
        col(Attendance.benefit_id) == benefit_id, col(Attendance.customer_id) == customer_id
    )
    if (await session.execute(known)).scalar_one_or_none() is not None:
        raise AttendanceState("这位客户已经报名")
    if row.seats_taken >= row.seats:
        raise NoRoom("名额已满", saw=f"{row.seats} 个名额")
    row.seats_taken += 1
    place = Attendance(
        benefit_id=benefit_id,
        customer_id=customer_id,
        unit_id=person.unit_id,
        state="registered",
        registered_by=by,
        registered_at=at,
    )
    session.add(place)
    await session.flush()
    await _note(session, "event.registered", place, by, at)
    return place.id or 0


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
    await _note(session, "event.attended" if came else "event.absent", place, by, at)


async def _note(session: AsyncSession, act: str, place: Attendance, by: str, at: datetime) -> None:
    entry = Entry(
        kind="customer", act=act, actor=by, object=f"customer:{place.customer_id}",
        unit=place.unit_id, payload={"benefit": place.benefit_id},
    )  # fmt: skip
    await append(session, [entry], at=at)
