"""Moments at the desk and on the phone: proposed, approved by another, every number with its list."""

import re
from datetime import time, timedelta
from pathlib import Path

import pytest

from crm_sync.models import PersonaMembership
from crm_sync.tag_writer import write_tags
from delivery.dispatcher import Dispatcher
from delivery.moments import jobs, results
from delivery.phrasing import routes
from kit.clock import bank_clock, bank_date
from tests.flows.console.office import Office
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import desk
from tests.flows.delivery.showing import KNOWN, MEMBERS, WORDS, script
from tests.flows.site import open_site, words_of
from tests.flows.wecom_world import AGENT, World, wecom_world

pytestmark = [pytest.mark.anyio, pytest.mark.mission("F6")]
FRIENDS = [
    {"external_userid": "wm-6210003821", "name": "周", "followers": [{"userid": "limin"}]},
    {"external_userid": "wm-6220001205", "name": "孙", "followers": [{"userid": "zhengkai"}]},
]
FORM = {
    "title": "晚安一句", "script": "moment.mum", "audience": "persona:宝妈", "day": "2026-11-25",
    "begins": "11:00", "ends": "17:00",
}  # fmt: skip


async def _mothers(office: Office) -> None:
    rows = [
        {
            "customer_id": office.customers[name], "persona": "宝妈", "source": "crm",
            "confidence": 100, "evidence": [], "rule_version": "1", "since": bank.BEFORE,
        }
        for name in ("zhou", "chen", "sun")
    ]  # fmt: skip
    async with office.database.transaction() as session:
        await bank.insert_rows(session, PersonaMembership, rows)
    await script(office.database)


async def _out(office: Office, world: World) -> None:
    """The list is drawn up, marked, and the call made at eleven."""
    await world.post("clock", {"freeze": office.clock().isoformat()})
    await jobs.draw_up(
        office.database, world.client, known=KNOWN, desk=desk(), at=office.clock(), cap=3_000
    )
    await write_tags(office.database, world.client, office.clock())
    office.clock.advance(minutes=31)
    await world.post("clock", {"freeze": office.clock().isoformat()})
    made = routes(world.client, office.database, agent_id=AGENT, clock=office.clock, desk=desk())
    await Dispatcher(office.database, made, office.clock).drain()


async def test_a_moment_is_proposed_approved_by_another_and_every_number_has_its_list(
    desk_office: Office,
) -> None:
    head, second = await desk_office.sit("wangshan"), await desk_office.sit("hejing")
    assert "还没有企业朋友圈" in await head.page("/c/moments")
    await _mothers(desk_office)
    form = await head.page("/c/moments/new")
    assert WORDS in form
    assert "客群 · 宝妈" in form
    refused = await head.post("/c/moments", {**FORM, "begins": "10:35", "title": "早了"})
    assert refused.status_code == 422
    assert all(word in refused.text for word in ("E-5120", "至少在 10 分钟之后", "早了"))
    late = await head.post("/c/moments", {**FORM, "ends": "22:00"})
    assert "超出这种用途允许打扰客户的时段" in late.text
    made = await head.post("/c/moments", FORM)
    assert made.status_code == 303, made.text
    path = made.headers["location"]
    waiting = await head.page(path)
    assert "要由另一位同事批准" in waiting
    assert "申请时预判" in waiting
    assert "为什么走朋友圈" in waiting
    assert "“宝妈”里每人看到的一样；每位客户一天最多 1 条" in words_of(waiting)
    ahead = re.findall(
        r'href="([^"]+show=ahead[^"]*)#list"[^>]*>(?:<span class="num b">)?(\d+)', waiting
    )
    assert [number for _, number in ahead] == ["3", "2", "1"]  # looked at, would pass, no friend
    for href, many in ahead:
        listed = (await head.page(href.replace("&amp;", "&"))).split('id="list"')[1]
        assert listed.count("data-row") == int(many)
    own = await head.post(f"{path}/decide", {"choice": "approve", "opinion": "好"})
    assert own.status_code == 403
    silent = await second.post(f"{path}/decide", {"choice": "approve", "opinion": " "})
    assert silent.status_code == 422
    agreed = await second.post(f"{path}/decide", {"choice": "approve", "opinion": "已核对"})
    assert agreed.status_code == 303
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        await _out(desk_office, world)
        desk_office.clock.advance(minutes=5)
        await world.post("clock", {"freeze": desk_office.clock().isoformat()})
        await results.poll(desk_office.database, world.client, desk_office.clock)
        [moment] = (await world.client.call(
            "externalcontact/get_moment_list",
            {
                "start_time": int(desk_office.clock().timestamp()) - 3_600,
                "end_time": int(desk_office.clock().timestamp()), "cursor": "", "limit": 20,
            },
            idempotent=True,
        ))["moment_list"]  # fmt: skip
        await world.act("publish_moment", userid="limin", moment_id=moment["moment_id"])
        desk_office.clock.advance(minutes=15)
        await world.post("clock", {"freeze": desk_office.clock().isoformat()})
        await results.poll(desk_office.database, world.client, desk_office.clock)
    head = await desk_office.sit("wangshan")  # an hour later, one signs in anew
    shown = await head.page(path)
    stats = dict(re.findall(r'class="t">([^<]+)</span><span class="v num">([\d,]+)', shown))
    assert stats == {
        "客群": "3", "可见名单": "2", "没有列入": "1", "中途离开": "0", "能看到": "1", "已发表": "1",
    }  # fmt: skip
    for name, href in re.findall(r'<a class="stat" href="([^"#]+)#list"[^>]*><span class="t">([^<]+)', shown):  # fmt: skip
        listed = (await head.page(name.replace("&amp;", "&"))).split('id="list"')[1]
        assert listed.count("data-row") == int(stats[href])
    assert "和管户经理没有企业微信好友关系" in await head.page(f"{path}?show=excluded")
    assert (await head.get(f"/api/v1{path}")).json()
    assert "晚安一句" in await head.page("/c/moments?state=listed")
    assert "晚安一句" not in await head.page("/c/moments?state=proposed")
    branch = await desk_office.sit("zhaolei")  # of the branch of 郑凯, who publishes it too
    there = (await branch.page(f"{path}?show=all")).split('id="list"')[1]
    assert there.count("data-row") == 1
    assert (await branch.post(f"{path}/stop", {"reason": "不要"})).status_code == 404
    assert (await head.post(f"{path}/stop", {"reason": "不再需要"})).status_code == 303
    assert "已停止" in await head.page("/c/moments?state=stopped")
    assert (await (await desk_office.sit("gaoyuan")).get("/c/moments")).status_code == 403


async def test_a_branch_proposes_for_its_own_units_alone(desk_office: Office) -> None:
    await _mothers(desk_office)
    branch = await desk_office.sit("suntao")
    assert (await branch.post("/c/moments", {**FORM, "units": "02"})).status_code == 422
    made = await branch.post("/c/moments", FORM)
    assert made.status_code == 303, made.text
    path = made.headers["location"]
    assert "01机构" in await branch.page(path)
    other = await desk_office.sit("zhaolei")
    assert (await other.get(path)).status_code == 404
    answer = await other.post(f"{path}/decide", {"choice": "approve", "opinion": "好"})
    assert answer.status_code == 404
    head = await desk_office.sit("wangshan")
    answer = await head.post(f"{path}/decide", {"choice": "refuse", "opinion": "换个时间"})
    assert answer.status_code == 303
    assert "换个时间" in await branch.page(path)


async def test_the_phone_tells_its_member_to_publish_in_wecom(
    desk_office: Office, database_url: str, tmp_path: Path
) -> None:
    await _mothers(desk_office)
    head, second = await desk_office.sit("wangshan"), await desk_office.sit("hejing")
    path = (await head.post("/c/moments", FORM)).headers["location"]
    await second.post(f"{path}/decide", {"choice": "approve", "opinion": "可以"})
    async with wecom_world(members=MEMBERS, customers=FRIENDS) as world:
        await _out(desk_office, world)
    now = desk_office.clock() + timedelta(minutes=1)
    assert (bank_date(now).isoformat(), bank_clock(now)) == ("2026-11-25", time(11, 2))
    async with open_site(database_url, tmp_path / "site", now=lambda: now) as site:
        told = words_of((await (await site.signed_in("limin")).get("/h5/todo")).text)
        assert "去企业微信发表朋友圈" in told
        assert WORDS in told
        assert "只给名单上的 1 位客户看" in told
