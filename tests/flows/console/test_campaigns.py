"""Campaigns at the desk: prepared, proposed, approved by another, seen by three levels, stopped."""

import re
from datetime import date
from html import unescape

import pytest
from sqlalchemy import text

from campaigns.waves import jobs
from portfolio.preparation.rules import BOXES
from tests.flows.campaigns.winter import KNOWN, POLICY, approved, asked, run, words_and_segment
from tests.flows.console.office import Desk, Office
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import desk

pytestmark = pytest.mark.anyio
PATH = "/c/campaigns"
CHIP = re.compile(r'data-why href="([^"]+)">([^<]+) <span class="num b">(\d+)')


async def _prepared(head: Desk, *, whole: bool) -> str:
    begun = await head.post("/c/preparations", {"title": "冬季关怀准备"})
    path = begun.headers["location"]
    for box in BOXES if whole else BOXES[:-1]:
        await head.post(f"{path}/{box.name}", {"content": f"{box.title}已经写清楚"})
    return str(path.rpartition("/")[2])


def _form(preparation: str, **change: object) -> dict[str, object]:
    return {
        "title": "冬季关怀", "goal": "让客户见到客户经理一次", "kind": "visit", "measure": "reached",
        "target": "20", "owner": "wangshan", "departments": ["retail", "wealth"],
        "budget": "5000", "overrun": "5", "starts_on": "2026-11-25", "ends_on": "2026-12-20",
        "review_on": "2026-12-31", "segment": "grown", "hold_out": "0", "per_day": "15",
        "preparation": preparation,
        "wave_script": ["todo:winter.todo", "broadcast:winter.all", ""],
        "wave_day": ["2026-11-25", "2026-12-02", ""],
        **change,
    }  # fmt: skip


@pytest.mark.mission("A18", "H1", "H3", "H4", "H5", "H7", "E12")
async def test_head_office_creates_once_three_levels_see_it_and_every_number_has_its_list(
    desk_office: Office,
) -> None:
    async with desk_office.database.transaction() as session:
        await words_and_segment(session)
        await session.execute(text("UPDATE customer SET born_on = '1985-03-02'"))
    head, second = await desk_office.sit("wangshan"), await desk_office.sit("hejing")
    assert "还没有营销活动" in await head.page(PATH)
    assert "成年客户" in await head.page(f"{PATH}/new")
    half = await head.post(PATH, _form(await _prepared(head, whole=False)))
    assert half.status_code == 422
    assert all(word in half.text for word in ("E-2722", "还差", BOXES[-1].title, "冬季关怀"))
    ready = await _prepared(head, whole=True)
    wrong = await head.post(PATH, _form(ready, kind="lottery", target="0"))
    assert wrong.status_code == 422
    assert all(word in wrong.text for word in ("E-2721", "没有这种活动类型", "考核目标"))
    means = await head.post(PATH, _form(ready))  # nobody proposes what they have not seen
    assert means.status_code == 200
    loads = re.findall(r'<tr data-load><td class="nowrap b">([^<]+)</td>', means.text)
    assert len(loads) == 2
    assert "每位经理一天最多 15 件" in means.text
    assert "没有营销活动" in await head.page(PATH)
    [seen] = re.findall(r'name="seen" value="([0-9a-f]{32})"', means.text)
    other = await head.post(PATH, _form(ready, per_day="7", seen=seen))  # it was for another load
    assert (other.status_code, "每位经理一天最多 7 件" in other.text) == (200, True)
    made = await head.post(PATH, _form(ready, seen=seen))
    assert made.status_code == 303, made.text
    path = made.headers["location"]
    waiting = await head.page(path)
    assert waiting.count("data-load") == 2  # the second person sees what it means, too
    assert all(
        word in waiting
        for word in (
            "要由另一位同事批准",
            "一对多上门",
            "零售部",
            "财富管理部",
            "5,000 元",
            "2026-12-31",
        )
    )
    assert f"（{POLICY.levels.head}牵头）" in waiting
    assert 'id="estimate"' in waiting
    assert f'href="{path}/estimate"' in waiting
    estimate = await second.page(f"{path}/estimate")
    assert all(word in estimate for word in ("预计发到", "别处用完", "每天最多 1 次", "第 2 波"))
    numbers = re.findall(
        r'href="([^"]*fate=[a-z_]+)" title="[^"]*"><span class="t">[^<]*</span><span class="v num">(\d+)<',
        estimate,
    )
    assert len(numbers) == 6
    for link, many in numbers:
        assert (await second.page(link.replace("&amp;", "&"))).count("data-row") == int(many)
    assert sum(int(many) for _, many in numbers) > 0
    assert (
        await second.get(f"{path}/estimate?wave=1")
    ).status_code == 404  # a to-do is not dropped
    yes = {"choice": "approve", "opinion": "准备充分"}
    assert (await head.post(f"{path}/decide", yes)).status_code == 403
    branch = await desk_office.sit("suntao")
    assert (await branch.get(path)).status_code == 404  # nobody of theirs is in it yet
    assert (await second.post(f"{path}/decide", yes)).status_code == 303
    done = await jobs.run(
        desk_office.database, known=KNOWN, desk=desk(), policy=POLICY, at=desk_office.clock()
    )
    assert (done["drawn"], done["queued"]) == (1, 4)
    shown = await head.page(path)
    stats = dict(re.findall(r'class="t">([^<]+)</span><span class="v num">([\d,]+)', shown))
    assert stats == {
        "客户": "4", "触达组": "4", "对照组": "0", "触达组有回应": "0", "对照组有回应": "0",
    }  # fmt: skip
    links = re.findall(r'<a class="stat" href="([^"#]+)#list"[^>]*><span class="t">([^<]+)', shown)
    assert len(links) == len(stats)
    for href, name in links:
        listed = (await head.page(href.replace("&amp;", "&"))).split('id="list"')[1]
        assert listed.count("data-row") == int(stats[name])
    [(queued, many)] = re.findall(
        r'href="([^"#]+outcome=queued)#list"><span class="num b">(\d+)', shown
    )
    listed = (await head.page(queued.replace("&amp;", "&"))).split('id="list"')[1]
    assert listed.count("data-row") == int(many) == 4
    everywhere = re.findall(r'<tr data-share>.*?href="([^"]+)">(\d+)</a>', shown)
    assert everywhere
    for href, many in everywhere:
        listed = (await head.page(href.replace("&amp;", "&"))).split('id="list"')[1]
        assert listed.count("data-row") == int(many)
    for staff_id in ("suntao", "zhaolei"):  # a branch sees its own two, and may not touch it
        there = await desk_office.sit(staff_id)
        assert (await there.page(path)).split('id="list"')[1].count("data-row") == 2
        assert "换成" not in await there.page(path)
        assert (await there.post(f"{path}/stop", {"reason": "不要"})).status_code == 404
        change = {"script": "winter.more", "reason": "改一改"}
        assert (await there.post(f"{path}/waves/1/change", change)).status_code == 404
    manager = await desk_office.sit("limin")
    for address, form in (
        ("/waves/1/change", {"script": "winter.more"}),
        ("/stop", {"reason": "不"}),
    ):
        assert (await manager.post(f"{path}{address}", form)).status_code in (302, 303, 403)
    assert (await head.get(f"/api/v1{path}")).json()
    seasons = await head.page(f"{PATH}/seasons?year={date(2026, 1, 1).year}")
    assert all(f"{n} 季度 · {POLICY.seasons.of(n)}" in seasons for n in range(1, 5))
    assert seasons.count("data-row") == 1
    change = {"script": "winter.more", "reason": "换个说法"}
    assert (await head.post(f"{path}/waves/1/change", change)).status_code == 303
    assert (await head.post(f"{path}/waves/1/decide", {"choice": "approve"})).status_code == 403
    assert (await second.post(f"{path}/waves/1/decide", {"choice": "approve"})).status_code == 303
    assert "winter.more" in await head.page(path)
    assert (await head.post(f"{path}/stop", {"reason": "口径有误"})).status_code == 303
    assert "冬季关怀" in await head.page(f"{PATH}?state=stopped")
    assert "冬季关怀" not in await head.page(f"{PATH}?state=running")
    assert (await head.post(f"{path}/review", {"result": "四户都见到了"})).status_code == 303
    assert "四户都见到了" in await head.page(path)
    assert (await (await desk_office.sit("gaoyuan")).get(PATH)).status_code == 403


@pytest.mark.mission("H5")
async def test_an_outlet_sees_its_own_share_of_a_campaign_and_why_its_own_to_dos_were_left(
    desk_office: Office,
) -> None:
    async with desk_office.database.transaction() as session:
        await bank.staff(session, "wanglin", unit_id="0102")
        await bank.reached_customer(session, "6230000001", owner="wanglin", unit_id="0102")
        for head, unit in (("head0101", "0101"), ("head0102", "0102"), ("head0201", "0201")):
            await bank.staff(session, head, unit_id=unit)
            await bank.grant(session, head, "branch", unit)
        await words_and_segment(session)
        await session.execute(text("UPDATE customer SET born_on = '1985-03-02'"))
    number = await approved(desk_office.database, asked(hold_out_percent=0))
    await run(desk_office.database)
    async with desk_office.database.transaction() as session:
        await session.execute(text("UPDATE todo SET state = 'expired' WHERE campaign <> ''"))
    path = f"{PATH}/{number}"
    seen = {}
    for who in ("wangshan", "suntao", "head0101", "head0102", "head0201"):
        desk_of = await desk_office.sit(who)
        shown = await desk_of.page(path)
        assert "冬季关怀" in await desk_of.page(PATH)
        [many] = re.findall(r'class="t">客户</span><span class="v num">(\d+)', shown)
        rows = shown.split('id="list"')[1]
        assert rows.count("data-row") == int(many)
        units = set(re.findall(r'<td class="nowrap dim">(\d{4})机构</td>', rows))
        [(left, why, count)] = CHIP.findall(shown)
        assert why == "没有送到客户经理"
        listed = (await desk_of.page(unescape(left))).split('id="list"')[1]
        assert listed.count("data-row") == int(count)
        assert set(re.findall(r"(\d{4})机构", listed)) <= units
        told = (await desk_of.get(f"/api/v1{path}")).json()["data"]
        assert [one["n"] for one in told["not_done"]] == [int(count)]
        seen[who] = (int(many), int(count), units)
        others = {"0101", "0102", "0201"} - units
        for unit in others:  # asked for by its number, another's share stays out of sight
            asked_for = (await desk_of.page(f"{path}?unit={unit}")).split('id="list"')[1]
            assert not re.search(rf'dim">{unit}机构', asked_for)
    assert seen == {
        "wangshan": (5, 5, {"0101", "0102", "0201"}),
        "suntao": (3, 3, {"0101", "0102"}),
        "head0101": (2, 2, {"0101"}),
        "head0102": (1, 1, {"0102"}),
        "head0201": (2, 2, {"0201"}),
    }
