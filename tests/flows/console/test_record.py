"""The record of interactions: filtered by the address, proved on the page, told apart by role."""

import pytest
from sqlalchemy import text

from insights.integrity import last_check, verify_now
from kit.ledger import Entry, append
from tests.flows.console.office import Office

pytestmark = pytest.mark.anyio


async def _happened(office: Office, *entries: tuple[str, str, str, str]) -> None:
    async with office.database.transaction() as session:
        for kind, act, about, unit in entries:
            entry = Entry(kind=kind, act=act, actor="staff:limin", object=about, unit=unit)
            await append(session, [entry], at=office.clock())
            office.clock.advance(seconds=1)


async def test_the_record_shows_what_happened_and_every_look_is_in_it(desk_office: Office) -> None:
    zhou = desk_office.customers["zhou"]
    await _happened(
        desk_office,
        ("send", "send.claimed", f"customer:{zhou}", "0101"),
        ("persona", "persona.changed", f"customer:{desk_office.customers['sun']}", "0201"),
    )
    desk = await desk_office.sit("hejing")
    shown = await desk.page("/c/interactions")
    assert "一键发送，手机上报已发" in shown
    assert "客*" in shown
    assert "客户6210003821" not in shown
    narrowed = await desk.page("/c/interactions?kind=send&q=6210003821&from=2026-11-25")
    assert "一键发送" in narrowed
    assert "客群变化" not in narrowed
    opened = await desk.page("/c/interactions/send%3A0101/1")
    assert "未被改动" in opened
    log = await desk.page("/c/log?kind=view")
    assert "查看互动留痕" in log
    assert "打开一条留痕" in log


async def test_a_branch_reads_its_own_entries_and_no_others(desk_office: Office) -> None:
    await _happened(
        desk_office,
        ("send", "send.claimed", "todo:1", "0101"),
        ("send", "send.differs", "todo:2", "0201"),
    )
    desk = await desk_office.sit("suntao")
    shown = await desk.page("/c/interactions")
    assert "手机上报已发" in shown
    assert "与话术不一致" not in shown
    assert (await desk.get("/c/interactions/send%3A0201/1")).status_code == 404
    assert (await desk.get("/c/interactions/send%3A0101/9")).status_code == 404
    theirs = await desk.page("/c/interactions/send%3A0101/1")
    assert "内容只对合规审计开放" in theirs


async def test_pages_of_the_record_go_on_where_the_last_one_ended(desk_office: Office) -> None:
    await _happened(
        desk_office, *[("send", "send.claimed", f"todo:{n}", "0101") for n in range(53)]
    )
    desk = await desk_office.sit("hejing")
    first = await desk.page("/c/interactions?kind=send")
    assert "共 53 条" in first
    later = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = await desk.page(later)
    assert second.count("data-row") == 3


@pytest.mark.mission("I3")
async def test_a_changed_entry_turns_the_seal_red_and_is_named(desk_office: Office) -> None:
    await _happened(desk_office, *[("send", "send.claimed", f"todo:{n}", "0101") for n in range(3)])
    await verify_now(desk_office.database, desk_office.clock())
    desk = await desk_office.sit("hejing")
    assert "全部一致" in await desk.page("/c/interactions?kind=send")
    async with desk_office.database.transaction() as session:
        await session.execute(
            text("UPDATE ledger_entry SET reason = 'x' WHERE stream = 'send:0101' AND seq = 2")
        )
    desk_office.clock.advance(minutes=1)
    await verify_now(desk_office.database, desk_office.clock())
    async with desk_office.database.reading() as session:
        check = await last_check(session, "ledger")
    assert check is not None
    assert [one.place for one in check.faults] == ["send:0101#2"]
    shown = await desk.page("/c/interactions?kind=send")
    assert "send:0101 第 2 条" in shown
    assert shown.count("与存证不一致") == 1
    assert "内容与存证摘要不一致" in await desk.page("/c/interactions/send%3A0101/2")
    assert 'href="/c/interactions/send%3A0101/2">' in shown.partition("seal bad")[2]
    stranger = await desk_office.sit("zhaolei")
    told = (await stranger.page("/c/interactions")).partition("seal bad")[2].partition("panel")[0]
    assert "send:0101 第 2 条" in told
    assert "看这一条" not in told


async def test_of_a_deleted_entry_the_seal_opens_the_one_before(desk_office: Office) -> None:
    await _happened(desk_office, *[("send", "send.claimed", f"todo:{n}", "0101") for n in range(3)])
    async with desk_office.database.transaction() as session:
        await session.execute(
            text("DELETE FROM ledger_entry WHERE stream = 'send:0101' AND seq = 2")
        )
    await verify_now(desk_office.database, desk_office.clock())
    desk = await desk_office.sit("hejing")
    shown = (await desk.page("/c/interactions?kind=send")).partition("seal bad")[2]
    assert "看它前面的一条" in shown
    assert 'href="/c/interactions/send%3A0101/1">' in shown
    it = await desk_office.sit("gaoyuan")
    theirs = (await it.page("/c/health")).partition("seal bad")[2]
    assert "send:0101 第 2 条" in theirs
    assert "/c/interactions" not in theirs
