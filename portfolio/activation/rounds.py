"""Enrols customers into the rounds and moves them on: by evidence, by a person, by skipping."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.activation_policy import ActivationPolicy
from config.contact_duty_policy import ContactDutyPolicy
from delivery.repository import reached
from kit import ledger
from kit.db import insert_into
from portfolio.activation.errors import ActivationUnknown, SkipRefused
from portfolio.activation.rules import Progress, after, skip_objection
from portfolio.models import Activation, ActivationStep, ContactStanding

ACTOR = "system:portfolio"
TABLE = Activation.__table__  # type: ignore[attr-defined]


async def enrol(
    session: AsyncSession,
    policy: ActivationPolicy,
    *,
    units: frozenset[str] | None,
    by: str,
    at: datetime,
    staff_id: str | None = None,
) -> int:
    """Begin the first round for every customer who needs waking and is in none; how many.

    One statement; a ledger entry a unit with its count.
    """
    live = select(col(Activation.customer_id)).where(col(Activation.state) == "active")
    conditions = [_needs(policy), col(ContactStanding.customer_id).not_in(live)]
    if units is not None:
        conditions.append(col(ContactStanding.unit_id).in_(sorted(units)))
    if staff_id is not None:
        conditions.append(col(ContactStanding.staff_id) == staff_id)
    moment = literal(at, type_=TABLE.c.started_at.type)
    query = (
        select(
            col(ContactStanding.customer_id),
            func.min(col(ContactStanding.staff_id)),
            func.min(col(ContactStanding.unit_id)),
            literal(0),
            literal(0),
            literal(0),
            literal("active"),
            moment,
            moment.label("started"),
            literal(by),
        )
        .where(*conditions)
        .group_by(col(ContactStanding.customer_id))
    )
    names = [
        "customer_id", "staff_id", "unit_id", "place", "skipped", "skipped_in_a_row", "state",
        "began_at", "started_at", "started_by",
    ]  # fmt: skip
    written = await session.execute(
        insert_into(session, Activation)
        .from_select(names, query)
        .on_conflict_do_nothing()
        .returning(TABLE.c.unit_id)
    )
    by_unit: dict[str, int] = {}
    for (unit,) in written:
        by_unit[unit] = by_unit.get(unit, 0) + 1
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="customer",
                act="activation.begun",
                actor=by,
                object=f"unit:{unit}",
                unit=unit,
                payload={"customers": number},
            )
            for unit, number in sorted(by_unit.items())
        ],
        at=at,
    )
    return sum(by_unit.values())


def _needs(policy: ActivationPolicy) -> Any:
    return or_(
        col(ContactStanding.grade).in_(policy.grades),
        col(ContactStanding.activity).in_(policy.activities),
    )


async def step(
    session: AsyncSession,
    activation_id: int,
    policy: ActivationPolicy,
    *,
    skip: bool,
    units: frozenset[str] | None,
    by: str,
    note: str,
    at: datetime,
    staff_id: str | None = None,
    request_id: str = "",
) -> Progress | None:
    """The present round is done, or skipped; where the customer is now, None behind the last.

    Raises ActivationUnknown (none in sight) and SkipRefused (too many skipped).
    """
    found = await _one(session, activation_id, units, staff_id)
    progress = Progress(found.place, found.skipped, found.skipped_in_a_row)
    objection = skip_objection(progress, policy) if skip else None
    if objection:
        raise SkipRefused("这一轮不能再跳过", saw=objection, do="完成这一轮，或停止盘活并写明原因")
    now = after(progress, policy, skip=skip)
    name = policy.rounds[min(found.place, len(policy.rounds) - 1)].name
    row = {
        "activation_id": found.id,
        "place": found.place,
        "customer_id": found.customer_id,
        "round": name,
        "result": "skipped" if skip else "done",
        "by": by,
        "note": note[:200],
        "at": at,
    }
    await session.execute(insert(ActivationStep), [row])
    values: dict[str, Any] = (
        {"state": "finished", "ended_at": at, "skipped": found.skipped + skip}
        if now is None
        else {
            "place": now.place,
            "skipped": now.skipped,
            "skipped_in_a_row": now.skipped_in_a_row,
            "began_at": at,
        }
    )
    await session.execute(
        update(Activation)
        .where(col(Activation.id) == found.id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    await _record(
        session,
        "activation.skipped" if skip else "activation.done",
        found,
        by,
        at,
        note,
        request_id,
        round=name,
    )
    return now


async def stop(
    session: AsyncSession,
    activation_id: int,
    *,
    units: frozenset[str] | None,
    by: str,
    reason: str,
    at: datetime,
    request_id: str = "",
) -> None:
    """End a customer's rounds with a reason. Raises ActivationUnknown."""
    found = await _one(session, activation_id, units, None)
    await session.execute(
        update(Activation)
        .where(col(Activation.id) == found.id)
        .values(state="stopped", ended_at=at)
        .execution_options(synchronize_session=False)
    )
    await _record(session, "activation.stopped", found, by, at, reason, request_id)


async def advance(
    session: AsyncSession, policy: ActivationPolicy, duty: ContactDutyPolicy, at: datetime
) -> int:
    """Move on every customer who was reached since the present round began; how many.

    Two statements however many there are: the steps, then the new places. One round at a time:
    the next begins now, so one contact never completes two.
    """
    last = reached.counting(duty.effective.channels, duty.effective.states, since=at, upto=at)
    ready = (
        select(TABLE.c.id)
        .join(last, last.c.customer_id == TABLE.c.customer_id)
        .where(TABLE.c.state == "active", last.c.last_at > TABLE.c.began_at)
    )
    names = case(
        *((TABLE.c.place == place, literal(one.name)) for place, one in enumerate(policy.rounds)),
        else_=literal(policy.rounds[-1].name),
    )
    moment = literal(at, type_=TABLE.c.started_at.type)
    steps = select(
        TABLE.c.id, TABLE.c.place, TABLE.c.customer_id, names, literal("done"),
        literal(ACTOR), literal("有效联络"), moment,
    ).where(TABLE.c.id.in_(ready))  # fmt: skip
    columns = ["activation_id", "place", "customer_id", "round", "result", "by", "note", "at"]
    taken = ActivationStep.__table__  # type: ignore[attr-defined]
    written = await session.execute(
        insert_into(session, ActivationStep)
        .from_select(columns, steps)
        .on_conflict_do_nothing()
        .returning(taken.c.activation_id)
    )
    number = len(written.all())
    if not number:
        return 0
    just_done = select(taken.c.activation_id).where(
        taken.c.at == at, taken.c.place == TABLE.c.place, taken.c.activation_id == TABLE.c.id
    )
    is_last = TABLE.c.place >= len(policy.rounds) - 1
    await session.execute(
        update(TABLE)
        .where(TABLE.c.state == "active", just_done.exists())
        .values(
            state=case((is_last, literal("finished")), else_=literal("active")),
            ended_at=case((is_last, moment), else_=None),
            place=case((is_last, TABLE.c.place), else_=TABLE.c.place + 1),
            skipped_in_a_row=0,
            began_at=moment,
        )
    )
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="customer",
                act="activation.advanced",
                actor=ACTOR,
                object="list:activation",
                unit="hq",
                payload={"customers": number},
            )
        ],
        at=at,
    )
    return number


async def _one(
    session: AsyncSession, activation_id: int, units: frozenset[str] | None, staff_id: str | None
) -> Activation:
    conditions = [col(Activation.id) == activation_id, col(Activation.state) == "active"]
    if units is not None:
        conditions.append(col(Activation.unit_id).in_(sorted(units)))
    if staff_id is not None:
        conditions.append(col(Activation.staff_id) == staff_id)
    query = select(Activation).where(and_(*conditions)).with_for_update()
    found = (
        await session.execute(query.execution_options(populate_existing=True))
    ).scalar_one_or_none()
    if found is None:
        raise ActivationUnknown(
            "没有这位客户的盘活，或已经结束，或不在你的查看范围内", do="刷新盘活名单"
        )
    return found


async def _record(
    session: AsyncSession,
    act: str,
    found: Activation,
    by: str,
    at: datetime,
    reason: str,
    request_id: str,
    **payload: str,
) -> None:
    await ledger.append(
        session,
        [
            ledger.Entry(
                kind="customer",
                act=act,
                actor=by,
                object=f"customer:{found.customer_id}",
                unit=found.unit_id,
                reason=reason[:400],
                request_id=request_id,
                payload={"activation": found.id, **payload},
            )
        ],
        at=at,
    )
