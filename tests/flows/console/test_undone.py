"""What managers left undone goes to the head of their branch, and leaves the desk when done."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from config import execution_policy
from delivery import coming_back, outcomes, undone
from delivery.coming_back import Word
from delivery.models import TodoState
from delivery.repository import todos
from kit.clock import bank_date
from tests.flows.console import scenes
from tests.flows.console.office import AT, Office
from tests.flows.crm_sync import bank
from tests.flows.site import words_of

pytestmark = pytest.mark.anyio
YESTERDAY = bank_date(AT) - timedelta(days=1)
POLICY = execution_policy.load()
HOUR = timedelta(hours=1)


async def _left_undone(office: Office) -> list[int]:
    """Yesterday Li Min did one of three; Zheng Kai did everything."""
    zhou, sun = office.customers["zhou"], office.customers["sun"]
    async with office.database.transaction() as session:
        left = [
            await scenes.todo(session, zhou, at=AT, due_on=YESTERDAY),
            await scenes.todo(session, zhou, at=AT, due_on=YESTERDAY, state=TodoState.EXPIRED),
        ]
        for who, staff, unit in ((zhou, "limin", "0101"), (sun, "zhengkai", "0201")):
            await scenes.todo(
                session, who, at=AT, staff=staff, unit=unit, due_on=YESTERDAY, state=TodoState.DONE
            )
        await scenes.todo(session, zhou, at=AT)  # today's may wait
    return left


async def _morning(office: Office) -> tuple[int, int]:
    async with office.database.transaction() as session:
        settled = await undone.settle(session, at=AT)
        return settled, await undone.escalate(session, at=AT, policy=POLICY)


async def test_the_head_of_the_branch_gets_what_was_left_undone_once_with_its_list(
    desk_office: Office,
) -> None:
    await _left_undone(desk_office)
    assert await _morning(desk_office) == (0, 1)
    assert await _morning(desk_office) == (0, 0)
    head = await desk_office.sit("suntao")
    listed = await head.page("/c/work")
    assert "待办有人没有做" in listed
    [path] = set(re.findall(r'href="(/c/work/undone[^"]*)"', listed))
    shown = await head.page(unescape(path))
    assert "2 件过了该做的日子没有做成" in shown
    [there] = [unescape(one) for one in re.findall(r'href="(/c/todos\?[^"]*)"', shown)][:1]
    assert (await head.page(there)).count("data-row") == 2
    other = await desk_office.sit("zhaolei")
    assert (await other.get(unescape(path))).status_code == 404
    answer = {"choice": "done", "note": "客户经理休假，已交给同事补做"}
    assert (await head.post(f"{unescape(path)}/decide", answer)).status_code == 303
    assert await _morning(desk_office) == (0, 0)


async def test_it_closes_itself_when_everything_was_done_after_all(desk_office: Office) -> None:
    zhou = desk_office.customers["zhou"]
    async with desk_office.database.transaction() as session:
        number = await scenes.todo(session, zhou, at=AT, due_on=YESTERDAY)
    assert await _morning(desk_office) == (0, 1)
    async with desk_office.database.transaction() as session:
        found = await todos.one(session, number)
        assert found is not None
        await outcomes.record(
            session, found, outcome="thinking", note="", by="phone", staff_id="limin", at=AT
        )
    assert await _morning(desk_office) == (1, 0)
    head = await desk_office.sit("suntao")
    assert "待办有人没有做" not in await head.page("/c/work")
    assert "待办有人没有做" in await head.page("/c/work?state=closed")


@pytest.mark.mission("H2")
async def test_the_page_tells_of_each_task_what_came_back_and_every_count_has_its_list(
    desk_office: Office,
) -> None:
    zhou = desk_office.customers["zhou"]
    async with desk_office.database.transaction() as session:
        done = await scenes.todo(
            session, zhou, at=AT, external_userid="wm-6210003821", state=TodoState.CONFIRMED,
            received_at=AT, seen_at=AT,
        )  # fmt: skip
        await scenes.todo(session, zhou, at=AT, received_at=AT)
        wrote = Word("limin", "wm-6210003821", AT + HOUR, AT + HOUR)
        assert await coming_back.replied(session, [wrote], at=AT + HOUR, policy=POLICY) == 1
        await bank.holding(session, zhou, "H1", "deposit", opened_on=bank_date(AT))
        assert await coming_back.deals(session, at=AT + HOUR, policy=POLICY) == 1
    desk = await desk_office.sit("wangshan")
    table = words_of(await desk.page("/c/todos"))
    for title in ("下发", "收到", "已打开", "已发", "存档核对一致", "有回复", "办成", "成交"):
        assert title in table, title
    for back, number in (("received", 2), ("replied", 1), ("deal", 1)):
        assert (await desk.page(f"/c/todos?view=list&back={back}")).count("data-row") == number
    listed = words_of(await desk.page("/c/todos?view=list&back=deal"))
    assert "收到、已打开、已发、存档一致、有回复、成交" in listed
    why = words_of(await desk.page(f"/c/why/{done}"))
    assert "在聊天里有回复；核心系统 2026-11-25 有了新的持仓" in why


REASONS = {"联系不上": 2, "没有送到客户经理": 1, "收到了没有打开": 2, "打开了没有做": 1}
CHIP = re.compile(r'data-why href="([^"]+)">([^<]+) <span class="num b">([0-9,]+)')


@pytest.mark.mission("H2")
async def test_what_was_not_done_is_counted_by_its_reason_and_each_number_has_its_list(
    desk_office: Office,
) -> None:
    zhou, sun = desk_office.customers["zhou"], desk_office.customers["sun"]
    async with desk_office.database.transaction() as session:

        async def left(state: TodoState = TodoState.EXPIRED, **more: Any) -> None:
            more = {"due_on": YESTERDAY, **more}
            await scenes.todo(session, zhou, at=AT, state=state, **more)

        await left()
        await left(received_at=AT)
        await left(TodoState.OPEN, received_at=AT, campaign="cmp")  # late, and may still be done
        await left(received_at=AT, seen_at=AT)
        await left(received_at=AT, seen_at=AT, unreached=3, campaign="cmp")
        await left(TodoState.NOTED, outcome="unreached", seen_at=AT)
        await left(TodoState.NOTED, outcome="thinking", seen_at=AT)  # somebody did speak
        await left(TodoState.DONE, unreached=1)
        await left(TodoState.OPEN, due_on=bank_date(AT))  # today is not over
        await scenes.todo(
            session, sun, at=AT, staff="zhengkai", unit="0201", due_on=YESTERDAY,
            state=TodoState.EXPIRED, channel="sms",
        )  # fmt: skip
    head = await desk_office.sit("suntao")  # of branch 01
    [own, whole] = (await head.page("/c/todos")).split("<tfoot>")
    for part in (own, whole):
        assert {name: int(many) for _, name, many in CHIP.findall(part)} == REASONS
        for href, _, many in CHIP.findall(part):
            assert (await head.page(unescape(href))).count("data-row") == int(many)
    assert (await head.page("/c/todos?view=list&why=any")).count("data-row") == 6
    of_one = await head.page("/c/todos?view=list&campaign=cmp&why=unreached")
    assert of_one.count("data-row") == 1
    told = (await head.get("/api/v1/c/todos")).json()["data"]
    assert {one["text"]: one["n"] for one in told["total"]["reasons"]} == REASONS
    bank_wide = await (await desk_office.sit("wangshan")).page("/c/todos")
    assert ("短信没有发出", "1") in [found[1:] for found in CHIP.findall(bank_wide)]
