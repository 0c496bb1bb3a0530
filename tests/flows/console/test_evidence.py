"""A task is closed by evidence and not by a click: what its manager notes waits for a proof."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert

from archive.models import ArchivedMessage
from archive.parties import talk_of
from config import execution_policy
from delivery import jobs, outcomes
from delivery.models import TodoState
from delivery.repository import todo_lists, todos, touches
from delivery.repository.todo_lists import Wanted
from delivery.repository.touches import Touched
from kit.clock import bank_date
from kit.ledger.reading import about
from tests.flows.console import scenes
from tests.flows.console.office import AT, Office
from tests.flows.crm_sync import bank
from tests.flows.site import words_of
from wiring import execution_duty

pytestmark = [pytest.mark.anyio, pytest.mark.mission("H2")]
HOUR = timedelta(hours=1)
PROOF_DAYS = execution_policy.load().proof_days
FRIEND = "wm" + "a" * 24


async def _task(office: Office, name: str, *, friend: str = "") -> int:
    async with office.database.transaction() as session:
        return await scenes.todo(session, office.customers[name], at=AT, external_userid=friend)


async def _tap(office: Office, todo_id: int, outcome: str = "thinking") -> str:
    """The manager taps an outcome, twice as thumbs do; the state the task has then."""
    async with office.database.transaction() as session:
        for _ in range(2):
            found = await todos.one(session, todo_id)
            assert found is not None
            await outcomes.record(
                session, found, outcome=outcome, note="", by="phone", staff_id="limin",
                at=AT + HOUR,
            )  # fmt: skip
    return await _state(office, todo_id)


async def _state(office: Office, todo_id: int) -> str:
    async with office.database.reading() as session:
        found = await todos.one(session, todo_id)
    assert found is not None
    return found.state


async def _talk(office: Office, seq: int, sent_at: datetime, *, by: str = "limin") -> None:
    to = FRIEND if by == "limin" else "limin"
    row = {
        "seq": seq, "sent_at": sent_at, "msgid": f"m{seq}", "page": 1, "action": "send",
        "msgtype": "text", "from_id": by, "from_kind": "staff" if by == "limin" else "customer",
        "room_id": "", "talk": talk_of("", by, [to]), "external": True, "time_given": True,
        "received_at": sent_at, "salt": b"s", "digest": "d", "body": b"sealed",
    }  # fmt: skip
    async with office.database.transaction() as session:
        await session.execute(insert(ArchivedMessage), [row])


async def test_a_click_alone_never_closes_a_task_however_long_it_stands(
    desk_office: Office,
) -> None:
    await _talk(desk_office, 1, AT - HOUR)  # before the task was given
    number = await _task(desk_office, "zhou", friend=FRIEND)
    assert await _tap(desk_office, number) == TodoState.NOTED
    for days in (0, 1, PROOF_DAYS, 400):
        at = AT + timedelta(days=days, hours=2)
        await execution_duty.evidence(desk_office.parts, at)
        await jobs.expire(desk_office.database, at=at)
    assert await _state(desk_office, number) == TodoState.NOTED
    async with desk_office.database.reading() as session:
        assert await todo_lists.count(session, Wanted(states=todo_lists.DONE)) == 0
        [progress] = await todo_lists.progress(session, Wanted(), today=bank_date(AT))
    assert (progress.noted, progress.done, progress.ended) == (1, 0, 1)
    desk = await desk_office.sit("wangshan")
    table = await desk.page("/c/todos")
    assert "自己记的" in words_of(table)
    listed = await desk.page("/c/todos?view=list&state=noted")
    assert listed.count("data-row") == 1
    assert "自己记的，等旁证" in words_of(listed)


async def test_the_archive_another_system_or_the_core_system_closes_what_was_noted(
    desk_office: Office,
) -> None:
    talked = await _task(desk_office, "zhou", friend=FRIEND)
    recorded = await _task(desk_office, "chen")
    bought = await _task(desk_office, "sun")
    said_only = await _task(desk_office, "lin")
    for number in (talked, recorded, bought, said_only):
        assert await _tap(desk_office, number) == TodoState.NOTED
    await _talk(desk_office, 1, AT + HOUR / 2)
    at = AT + 3 * HOUR

    def call(name: str, source: str) -> Touched:
        return Touched(
            source=source, customer_id=desk_office.customers[name], staff_id="limin",
            unit_id="0101", channel="phone", purpose="service", trigger="", state="recorded",
            at=AT + HOUR,
        )  # fmt: skip

    async with desk_office.database.transaction() as session:
        await touches.land(
            session, [call("chen", "file:C-77"), call("lin", "contact:limin/2026-11-25/1/phone")]
        )
        await bank.holding(
            session, desk_office.customers["sun"], "N1", "deposit", opened_on=bank_date(AT)
        )
    assert await execution_duty.evidence(desk_office.parts, at) == {"noted": 4, "closed": 3}
    assert await execution_duty.evidence(desk_office.parts, at) == {"noted": 1, "closed": 0}
    assert [await _state(desk_office, one) for one in (talked, recorded, bought, said_only)] == [
        TodoState.DONE, TodoState.DONE, TodoState.DONE, TodoState.NOTED,
    ]  # fmt: skip
    async with desk_office.database.reading() as session:
        proofs = await about(
            session, [f"todo:{one}" for one in (talked, recorded, bought)], acts=["todo.proved"]
        )
        deal = await todos.one(session, bought)
    assert {(one.actor, one.payload["by"]) for one in proofs} == {
        ("system:archive", "archive"), ("system:crm", "record"), ("system:crm", "holding"),
    }  # fmt: skip
    assert deal is not None
    assert deal.deal_on == bank_date(AT)
    desk = await desk_office.sit("wangshan")
    why = words_of(await desk.page(f"/c/why/{talked}"))
    assert "客户经理记的结果有了旁证，办结" in why


async def test_no_page_no_json_and_no_file_speaks_of_a_customers_reading(
    desk_office: Office,
) -> None:
    number = await _task(desk_office, "zhou", friend=FRIEND)
    async with desk_office.database.transaction() as session:
        await todos.mark_seen(session, [number], AT)
    desk = await desk_office.sit("wangshan")
    for path in ("/c/todos", "/c/todos?view=list", f"/c/why/{number}", "/c/touches",
                 "/c/campaigns", "/c/moments", f"/c/customers/{desk_office.customers['zhou']}"):  # fmt: skip
        shown = words_of(await desk.page(path))
        twin = await desk.get(f"/api/v1{path}")
        for said in ("已读", "未读", "客户看过", "阅读率"):
            assert said not in shown, (path, said)
            assert said not in twin.text, (path, said)
        for name in ("customer_read", "read_at", "is_read"):
            assert name not in twin.text, (path, name)
    file = await desk.get("/c/todos/export.csv")
    assert file.status_code == 200
    assert "已读" not in file.text
    assert "客户" in file.text
