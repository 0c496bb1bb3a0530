"""Segments at the desk: written as rows, read as a sentence, counted, kept by versions."""

import re
from datetime import date, timedelta
from html import unescape

import pytest

from crm_sync.repository import listing
from crm_sync.repository.listing import Wanted
from crm_sync.rules.conditions import Frame, parse
from crm_sync.segments import repository, service
from kit.ledger.reading import Wanted as Entries
from kit.ledger.reading import page
from tests.flows.console.office import AT, Desk, Office
from tests.flows.crm_sync import bank

pytestmark = pytest.mark.anyio
PATH = "/c/segments"
OLD = {"row": "0", "r0.dim": "age", "r0.op": "ge", "r0.value": "60"}
DUE = {
    "row": "1", "r1.dim": "holding", "r1.op": "has", "r1.where.kind": "deposit",
    "r1.where.due_within": "30",
}  # fmt: skip


async def _peopled(office: Office) -> list[str]:
    """Four elders (one over in unit 02), a child, and somebody in between; two have money due."""
    async with office.database.transaction() as session:
        for number, (born, unit) in enumerate(
            [
                (1950, "0101"),
                (1955, "0101"),
                (1958, "0102"),
                (1960, "0201"),
                (2014, "0101"),
                (1985, "0101"),
            ]
        ):
            key = await bank.customer(
                session, f"62009{number}", born_on=date(born, 3, 2), unit_id=unit,
                attributes={"employer": "青禾物业" if number == 5 else "别家"},
            )  # fmt: skip
            if number in (0, 5):
                await bank.holding(
                    session, key, f"D-{number}", "deposit", matures_on=(AT + timedelta(days=9)).date()
                )  # fmt: skip
    return [f"62009{number}" for number in range(6)]


def _counted(html: str) -> int:
    found = re.search(r'现在有 <(?:b class="num"|a[^>]*)>([\d,]+)<', html)
    assert found is not None, html
    return int(found[1].replace(",", ""))


async def _save(desk: Desk, code: str, form: dict[str, str], **more: str) -> str:
    told = {"code": code, "title": "老人", "reason": "试一试", "act": "in_force", **form, **more}
    done = await desk.post(f"{PATH}/new", told)
    assert done.status_code == 303, done.text
    return str(done.headers["location"])


@pytest.mark.mission("D14")
async def test_the_live_count_is_the_saved_count_and_the_list_and_each_says_why(
    desk_office: Office,
) -> None:
    await _peopled(desk_office)
    desk = await desk_office.sit("wangshan")
    shown = (await desk.post(f"{PATH}/editor", OLD)).text
    assert "满 60 岁" in shown
    assert "出生，66 岁，满 60 岁" in shown
    assert "客户62009" not in shown
    live = _counted(shown)
    where = await _save(desk, "elders-all", OLD)
    html = await desk.page(where)
    assert _counted(html) == live >= 4
    assert html.split('id="list"')[1].count("data-row") == live
    assert "1958 年出生，68 岁，满 60 岁" in html
    listed = await desk.page(PATH)
    row = listed[listed.index("elders-all") :].partition("</tr>")[0]
    assert f">{live}</a>" in row
    told = {"code": "elders-all", "title": "老人", "reason": "只看快到期的"}
    changed = await desk.post(f"{where}/edit", {**OLD, **DUE, **told, "row": ["0", "1"]})
    assert changed.status_code == 303, changed.text
    html = await desk.page(where)
    assert _counted(html) == 1
    assert "第 2 版" in html
    assert "持有存款（30 天内到期） 1 笔" in html
    assert "只看快到期的" in html
    async with desk_office.database.reading() as session:
        acts = [one.act for one in await page(session, Entries(object="segment:elders-all"))]
        [second, first] = await repository.versions(session, "elders-all")
    assert acts.count("segment.saved") == 2
    assert "segment.in_force" in acts
    assert (first.sentence, second.number) == ("满 60 岁", 2)


async def test_a_branch_sees_its_own_people_in_a_segment_and_no_editor(desk_office: Office) -> None:
    await _peopled(desk_office)
    where = await _save(await desk_office.sit("wangshan"), "elders-all", OLD)
    branch = await desk_office.sit("zhaolei")
    html = await branch.page(where)
    assert _counted(html) == html.split('id="list"')[1].count("data-row")
    assert "9003" not in html
    assert "启用与停用" not in html
    refused = await branch.post(f"{where}/state", {"act": "retire", "reason": "x"})
    assert refused.status_code in (403, 404)
    assert (await branch.client.get(f"{PATH}/new")).status_code in (403, 404)


async def test_what_is_forbidden_or_unreadable_is_refused_and_nothing_is_lost(
    desk_office: Office,
) -> None:
    desk = await desk_office.sit("wangshan")
    sick = {"row": "0", "r0.dim": "tag", "r0.op": "any", "r0.value": "糖尿病"}
    minors = {"row": "0", "r0.dim": "age", "r0.op": "lt", "r0.value": "18"}
    wrong = {"row": "0", "r0.dim": "age", "r0.op": "ge", "r0.value": "六十"}
    for form, code in ((sick, "E-2421"), (minors, "E-2421"), (wrong, "E-2420")):
        assert code in (await desk.post(f"{PATH}/editor", form)).text
        told = {"code": "x", "title": "名字", "reason": "试", **form}
        kept = await desk.post(f"{PATH}/new", told)
        assert code in kept.text
        assert 'value="名字"' in kept.text
    for title in ("离异单身", ""):
        told = {"code": "x", "title": title, "reason": "试", **OLD}
        assert "编号 E-" in (await desk.post(f"{PATH}/new", told)).text
    text = {"text": '{"dim": "zodiac"}', **OLD}
    assert "没有这个维度" in (await desk.post(f"{PATH}/editor", text)).text
    async with desk_office.database.reading() as session:
        assert await repository.listed(session) == []


@pytest.mark.mission("D11")
async def test_five_special_groups_are_ready_and_one_click_installs_one(
    desk_office: Office,
) -> None:
    await _peopled(desk_office)
    desk = await desk_office.sit("wangshan")
    html = await desk.page(f"{PATH}/packs")
    for title in ("企业高管及私营业主", "商贸结算户", "女性客户", "老年客户", "农村种养殖户"):
        assert title in html
    assert html.count("data-row") == 5
    for heading in ("需要什么", "怎么经营", "从哪里来", "要避免什么"):
        assert html.count(f">{heading}</h3>") == 5
    done = await desk.post(f"{PATH}/packs/elders", {})
    assert done.headers["location"] == f"{PATH}/elders"
    shown = await desk.page(f"{PATH}/elders")
    assert _counted(shown) >= 4
    assert "启用" in shown
    again = await desk.page(f"{PATH}/packs")
    number = re.search(r'href="/c/segments/elders#list">([\d,]+) 位客户', again)
    assert number is not None
    assert int(number[1]) == _counted(shown)


@pytest.mark.mission("D16")
async def test_colleagues_of_one_employer_are_a_segment(desk_office: Office) -> None:
    await _peopled(desk_office)
    desk = await desk_office.sit("wangshan")
    html = await desk.page(f"{PATH}/new?template=employer&p.employer=青禾物业")
    assert "工作单位含“青禾物业”" in unescape(html)
    assert _counted(html) == 1
    assert "工作单位：青禾物业" in html


@pytest.mark.mission("D14")
async def test_a_template_is_filled_in_for_a_product_and_says_what_is_wrong(
    desk_office: Office,
) -> None:
    desk = await desk_office.sit("wangshan")
    html = await desk.page(f"{PATH}/new?template=product-due&p.product=P9&p.days=45")
    assert "持有任何产品（产品 P9，45 天内到期），且同意营销" in html
    wrong = await desk.client.get(f"{PATH}/new?template=product-due&p.days=soon")
    assert wrong.status_code == 422
    assert "多少天内到期" in wrong.text


async def test_a_segment_in_use_cannot_be_retired_and_nobody_under_age_is_in_one(
    desk_office: Office,
) -> None:
    await _peopled(desk_office)
    desk = await desk_office.sit("wangshan")
    everybody = {"row": "0", "r0.dim": "birth_year", "r0.op": "ge", "r0.value": "1900"}
    where = await _save(desk, "everybody", everybody)
    frame = Frame(AT, desk_office.parts.personas, desk_office.parts.tiers)
    anybody = parse({"dim": "birth_year", "op": "ge", "value": 1900})
    async with desk_office.database.transaction() as session:
        inside = repository.members(session, anybody, frame)
        number = await listing.count(session, Wanted(within=(inside,)))
        child = await repository.why(session, anybody, "620094", frame)
        await service.note_use(
            session, "everybody", kind="campaign", ref="C-1", title="年末续存", at=AT
        )
    assert _counted(await desk.page(where)) == number
    assert not child.met
    assert child.why_not[0].startswith("已排除：2014 年出生，12 岁")
    refused = await desk.post(f"{where}/state", {"act": "retire", "reason": "不用了"})
    assert refused.status_code == 409
    assert "E-3322" in refused.text
    assert "年末续存" in await desk.page(where)
