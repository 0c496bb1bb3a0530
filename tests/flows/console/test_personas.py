"""Personas at the desk: the rule in words, who belongs and why, where it stands in WeCom."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import insert, update
from sqlmodel import col

from crm_sync.models import Relation, TagWrite, WecomTag
from kit.ledger.reading import Wanted, page
from tests.flows.console.office import AT, Desk, Office
from tests.flows.console.scenes import belongs, touch
from tests.flows.crm_sync import bank

pytestmark = pytest.mark.anyio
ELDER = "/c/personas/%E8%80%81%E5%B9%B4"


async def _peopled(office: Office) -> None:
    """Zhou and sun (friends) and chen are elders; zhou was reached; sun came this week."""
    people = office.customers
    async with office.database.transaction() as session:
        for who, since in (("zhou", 30), ("chen", 30), ("sun", 1)):
            await belongs(session, people[who], "老年", at=AT - timedelta(days=since))
        await belongs(session, people["chen"], "股市", at=AT, primary=False)
        await touch(session, people["zhou"], at=AT - timedelta(days=2))
        await bank.holding(
            session, people["chen"], "D1", "deposit", product_name="一年期",
            matures_on=(AT + timedelta(days=3)).date(), amount_fen=1_000_000,
        )  # fmt: skip


async def _listed(desk: Desk, href: str) -> int:
    html = await desk.page(unescape(href))
    return html.split('id="list"')[1].count("data-row")


def _figures(html: str) -> dict[str, tuple[int, str]]:
    """Each number above a page with the address of its list."""
    found = re.findall(
        r'<a class="stat" href="([^"]*)".*?class="t">([^<]*)<.*?class="v num">([\d,.]+)<',
        html,
        re.DOTALL,
    )
    return {name: (int(float(value.replace(",", ""))), href) for href, name, value in found}


async def test_each_figure_of_a_persona_counts_the_list_it_opens(desk_office: Office) -> None:
    await _peopled(desk_office)
    desk = await desk_office.sit("wangshan")
    html = await desk.page(ELDER)
    figures = _figures(html)
    assert {name: n for name, (n, _) in figures.items()} == {
        "客户": 3, "企微好友": 2, "有效覆盖率": 50, "到期（7 日）": 1, "本周新进": 1,
    }  # fmt: skip
    for name in ("客户", "企微好友", "到期（7 日）", "本周新进"):
        number, href = figures[name]
        assert await _listed(desk, href) == number, name
    assert await _listed(desk, figures["有效覆盖率"][1]) == 1
    assert "满 60 岁" in html
    assert "63 岁，定期占 82%" in html
    assert "客户6210003821" not in html


async def test_the_list_of_personas_counts_members_and_shows_every_rule(
    desk_office: Office,
) -> None:
    await _peopled(desk_office)
    desk = await desk_office.sit("wangshan")
    html = await desk.page("/c/personas")
    row = html[html.index("满 60 岁") :].partition("</tr>")[0]
    assert re.findall(r">(\d+)</a>", row)[:2] == ["3", "1"]
    for persona in desk_office.parts.personas.persona:
        assert f"</span>{persona.name}</span>" in html
    assert html.count("data-row") == len(desk_office.parts.personas.persona)
    unplaced = re.search(r'href="([^"]*primary=none[^"]*)".*?class="num">(\d+)<', html, re.DOTALL)
    assert unplaced is not None
    assert await _listed(desk, unplaced[1]) == int(unplaced[2])


async def test_a_branch_counts_its_own_members_and_looks_are_recorded(desk_office: Office) -> None:
    await _peopled(desk_office)
    branch = await desk_office.sit("suntao")
    html = await branch.page(ELDER)
    assert _figures(html)["客户"][0] == 2
    assert f"/c/customers/{desk_office.customers['sun']}" not in html
    async with desk_office.database.reading() as session:
        looks = await page(session, Wanted(kind="access"))
    assert any(one.act == "persona.viewed" and one.object == "persona:老年" for one in looks)
    assert (await branch.get("/c/personas/nobody")).status_code == 404
    it = await desk_office.sit("gaoyuan")
    assert (await it.get("/c/personas")).status_code == 403


async def test_a_persona_tells_who_carries_its_tag_in_wecom(desk_office: Office) -> None:
    await _peopled(desk_office)
    desk = await desk_office.sit("wangshan")
    assert "企业微信里还没有这个客群的标签" in await desk.page(ELDER)
    async with desk_office.database.transaction() as session:
        tag = {
            "tag_id": "et-elder", "group_id": "g", "group_name": "客群", "name": "老年",
            "persona": "老年", "ours": True, "synced_at": AT,
        }  # fmt: skip
        await session.execute(insert(WecomTag), [tag])
        await session.execute(
            update(Relation)
            .where(col(Relation.external_userid) == "wm-6210003821")
            .values(tag_ids=["et-elder", "et-other"])
        )
        write = {
            "userid": "zhengkai", "external_userid": "wm-6220001205", "add_tags": ["et-elder"],
            "remove_tags": [], "asked_at": AT, "due_at": AT,
        }  # fmt: skip
        await session.execute(insert(TagWrite), [write])
    html = await desk.page(ELDER)
    assert "客群 / 老年" in html
    assert "现在有 1 对好友在排队写入" in html
    for show, number in (("tagged", 1), ("untagged", 1)):
        shown = await desk.page(f"{ELDER}?show={show}")
        assert shown.count("data-row") == number, show
    tagged = await desk.page(f"{ELDER}?show=tagged")
    assert f"/c/customers/{desk_office.customers['zhou']}" in tagged
