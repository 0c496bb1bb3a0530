"""For each way to a customer: what the gate forbids is refused with its code and leaves nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest
from msgspec import structs
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from compliance.facts import Channel, Purpose
from crm_sync import selection
from delivery import dialling, door, group_posts, tickets, welcome
from delivery.errors import SendBlocked
from delivery.group_posts import Audience
from delivery.intents import Intent, Outcome
from delivery.models import MomentTask
from delivery.repository import todos
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script, desk
from tests.unit.house.test_door import DOORS

pytestmark = [pytest.mark.anyio, pytest.mark.mission("C6", "E10")]

AT: Final = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)  # Wednesday, 10:00 at the bank
WORDS: Final = "大家好，早晚温差大，出门记得添衣，路上慢一点。"
CHANGED: Final = "大家好，这款产品保本保收益，闭眼买就行。"
FORMS: Final = {
    Channel.BROADCAST: "broadcast",
    Channel.GROUP: "group",
    Channel.WELCOME: "welcome",
    Channel.MOMENT: "moment",
}
LIMIN: Final = tickets.Sender("limin", "limin")
MESSAGES: Final = ("todo", "broadcast_recipient", "send_ticket", "moment_reader", "outbox")

Try = Callable[[AsyncSession, int, int], Awaitable[str]]
"""Session, customer and script version; the codes it was refused with."""


async def _intent(session: AsyncSession, customer: int, version: int, channel: Channel) -> Intent:
    people = await selection.customer_facts(session, [customer])
    ways = await selection.reaches(session, [customer])
    return Intent(
        key=f"way:{channel.value}",
        trigger="way",
        channel=channel,
        purpose=Purpose.CARE,
        customer=people[customer],
        reach=ways[customer],
        script_version_id=version,
        fields={},
        title="关怀",
        why="换季",
        due_on=date(2026, 11, 25),
        expires_at=AT + timedelta(hours=8),
    )


def _by_door(channel: Channel) -> Try:
    async def submit(session: AsyncSession, customer: int, version: int) -> str:
        intent = await _intent(session, customer, version, channel)
        at_desk = replace(desk(), sms=True)
        [done] = await door.submit(session, [intent], at=AT, desk=at_desk, by="system:test")
        return ",".join(done.objections) or done.outcome.value

    return submit


async def _by_tap(session: AsyncSession, customer: int, version: int) -> str:
    intent = await _intent(session, customer, version, Channel.SIDEBAR)
    try:
        await tickets.prepare(session, intent, sender=LIMIN, at=AT, desk=desk())
    except SendBlocked as refusal:
        return str(refusal.facts["codes"])
    return "handed out"


async def _by_call(session: AsyncSession, customer: int, version: int) -> str:
    """A to-do that goes by telephone, and the tap on it."""
    intent = await _intent(session, customer, version, Channel.TODO)
    intent = structs.replace(intent, key=f"way:{Channel.PHONE.value}")
    at_desk = replace(desk(), dials=True)
    [done] = await door.submit(session, [intent], at=AT, desk=at_desk, by="system:test")
    if done.outcome is not Outcome.QUEUED:
        return ",".join(done.objections)
    await session.execute(text("UPDATE todo SET channel = 'phone', kind = 'call'"))
    session.expire_all()
    [todo] = await todos.page(session, units=None)
    await dialling.ask(session, todo.id, sender=LIMIN, at=AT, desk=at_desk)
    return "handed out"


async def _by_group(session: AsyncSession, customer: int, version: int) -> str:
    people = await selection.customer_facts(session, [customer])
    audience = Audience("wr-1", "limin", "0101", tuple(people.values()), 0)
    try:
        await group_posts.prepare(session, audience, version, sender=LIMIN, at=AT, desk=desk())
    except SendBlocked as refusal:
        return str(refusal.facts["codes"])
    return "handed out"


async def _by_welcome(session: AsyncSession, customer: int, version: int) -> str:
    done, _ = await welcome.submit(
        session,
        welcome_code="CODE",
        external_userid="wm-new",
        staff=None,
        added_at=AT,
        at=AT,
        desk=desk(),
    )
    return ",".join(done.objections) or done.outcome.value


async def _by_moment(session: AsyncSession, customer: int, version: int) -> str:
    """A moment that was approved: its list is drawn up by the door."""
    task = MomentTask(
        title="添衣", unit_id="hq", purpose="care", script_version_id=version, script_code="way",
        script_version=1, script_hash="", text=WORDS, audience_kind="persona", audience="老年",
        starts_at=AT, ends_at=AT + timedelta(hours=6), state="approved", tag_name="可见", tag_id="et1",
        proposed_by="staff:wangshan", proposed_at=AT,
    )  # fmt: skip
    session.add(task)
    await session.flush()
    intent = await _intent(session, customer, version, Channel.MOMENT)
    intent = structs.replace(intent, detail={"moment": str(task.id)})
    [done] = await door.submit(session, [intent], at=AT, desk=desk(), by="system:test")
    return ",".join(done.objections) or done.outcome.value


TRIES: Final[dict[Channel, Try]] = {
    Channel.TODO: _by_door(Channel.TODO),
    Channel.BROADCAST: _by_door(Channel.BROADCAST),
    Channel.SMS: _by_door(Channel.SMS),
    Channel.PHONE: _by_call,
    Channel.SIDEBAR: _by_tap,
    Channel.GROUP: _by_group,
    Channel.WELCOME: _by_welcome,
    Channel.MOMENT: _by_moment,
}


def test_every_channel_with_a_door_is_tried_here() -> None:
    assert set(TRIES) == {channel for channel, doors in DOORS.items() if doors}


async def _script(session: AsyncSession, channel: Channel) -> int:
    return await approved_script(
        session,
        f"way.{channel.value}",
        WORDS,
        scene="welcome" if channel is Channel.WELCOME else "",
        purpose="care",
        form=FORMS.get(channel, "single"),
    )


async def _customer(session: AsyncSession) -> int:
    await bank.units(session)
    await bank.staff(session, "limin")
    return await bank.reached_customer(
        session, "C1", owner="limin", born_on=date(1980, 1, 1), phone="13800000009"
    )


async def _messages(session: AsyncSession) -> int:
    found = 0
    for table in MESSAGES:
        query = text(f"SELECT count(*) FROM {table}")  # noqa: S608
        found += int((await session.execute(query)).scalar_one())
    return found


@pytest.mark.parametrize("channel", list(TRIES))
async def test_words_changed_after_their_approval_leave_by_no_way(
    database: Database, channel: Channel
) -> None:
    async with database.transaction() as session:
        customer, version = await _customer(session), await _script(session, channel)
        change = text("UPDATE script_version SET template = :words WHERE id = :id")
        await session.execute(change, {"words": CHANGED, "id": version})
    async with database.transaction() as session:
        codes = await TRIES[channel](session, customer, version)
        assert {"E-4004", "E-4035"} <= set(codes.split(",")), codes
        assert await _messages(session) == 0


@pytest.mark.parametrize("channel", list(TRIES))
async def test_the_same_words_as_approved_do_leave(database: Database, channel: Channel) -> None:
    """So that the refusals above are the gate's and not a way that is shut anyhow."""
    async with database.transaction() as session:
        customer, version = await _customer(session), await _script(session, channel)
        codes = await TRIES[channel](session, customer, version)
        assert codes in ("queued", "handed out")
        assert await _messages(session) > 0
