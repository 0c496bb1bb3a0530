"""Before anybody sends: what customers of a tier and persona would read, and what is refused why."""

import re
from urllib.parse import quote

import pytest

from content_library import service
from content_library.facts import ScriptDraft
from tests.flows.console.office import AT, Office
from tests.flows.delivery.office import approved_script
from tests.flows.site import words_of

pytestmark = pytest.mark.anyio
SALON = "{{customer_title}}，您好。本周六翠湖支行有读书沙龙，给您留了座位。"


def _panels(html: str) -> dict[str, str]:
    """The words of each section of the page by its heading."""
    return {
        words_of(head): words_of(rest)
        for head, rest in re.findall(r"<h2>(.*?)</h2>(.*?)</section>", html, re.S)
    }


@pytest.mark.mission("F8")
async def test_a_private_banking_item_is_seen_by_its_tier_alone_with_the_reason(
    desk_office: Office,
) -> None:
    async with desk_office.database.transaction() as session:
        await approved_script(
            session, "care.salon", SALON, scene="care.general", purpose="care",
            tiers=frozenset({"私行"}),
        )  # fmt: skip
    wang = await desk_office.sit("wangshan")
    assert "/c/library/care.salon/preview" in await wang.page("/c/library/care.salon")
    entitled = _panels(await wang.page(f"/c/library/care.salon/preview?tier={quote('私行')}"))
    assert entitled["一对一"].startswith("可以发")
    assert "，您好。本周六翠湖支行有读书沙龙" in entitled["一对一"]
    assert entitled["客户群"].startswith("不是为客户群写的")
    assert "E-4037" in entitled["朋友圈"], "a title of one customer stands in nothing public"
    assert "欧阳先生" in entitled["称呼与问候"]
    assert "尊敬的客户" in entitled["称呼与问候"]
    assert "您的专属客户经理来问候一声" in entitled["称呼与问候"], "the greeting of this tier"
    refused = _panels(await wang.page(f"/c/library/care.salon/preview?tier={quote('高端')}"))
    assert "E-4007" in refused["一对一"]
    rows = refused["各层级看得到吗"]
    assert rows.count("可以发") - rows.count("不可以发") == 1
    assert f"/c/customers?tier={quote('高端')}" in await wang.page("/c/library/care.salon/preview")
    tried = "/c/library/care.salon/preview?tier=%E7%A7%81%E8%A1%8C&beginning="
    bad = _panels(await wang.page(tried + quote("这款理财年化8%")))["称呼与问候"]
    assert "不能加" in bad
    assert "E-4216" in bad
    promised = _panels(await wang.page(tried + quote("早上好，稳赚不赔")))["称呼与问候"]
    assert "E-4035" in promised, "the gate reads a greeting as it reads everything"
    twin = (await wang.get("/api/v1/c/library/care.salon/preview?tier=%E9%AB%98%E7%AB%AF")).json()
    assert twin["data"]["forms"][0]["reasons"][0]["code"] == "E-4007"


async def test_a_version_that_waits_is_looked_at_as_it_would_stand_and_each_form_by_itself(
    desk_office: Office,
) -> None:
    async with desk_office.database.transaction() as session:
        for code, form in (("group.cold", "group"), ("moment.cold", "moment")):
            await service.draft(
                session,
                ScriptDraft(code, "降温", "group.daily", "care", "这两天降温，出门添衣。", form=form),
                by="staff:wangshan", at=AT,
            )  # fmt: skip
        await service.draft(
            session,
            ScriptDraft(
                "group.fund", "基金小课", "group.daily", "marketing",
                "基金有风险，投资需谨慎。过往业绩不预示未来表现。",
                form="group", product_kind="fund",
            ),
            by="staff:wangshan", at=AT,
        )  # fmt: skip
    he = await desk_office.sit("hejing")
    group = _panels(await he.page("/c/library/group.cold/preview?persona=" + quote("老年")))
    assert group["客户群"].startswith("可以发")
    assert group["朋友圈"].startswith("不是为朋友圈写的")
    assert _panels(await he.page("/c/library/moment.cold/preview"))["朋友圈"].startswith("可以发")
    unrated = _panels(await he.page("/c/library/group.fund/preview?risk=none"))["客户群"]
    assert unrated.startswith("不可以发")
    assert "E-4013" in unrated
    assert (await he.get("/c/library/nothing/preview")).status_code == 404
    assert (await he.get("/c/library/group.cold/preview?version=9")).status_code == 404
