"""The four libraries on their pages: listed, filtered, written, decided by another, looked at."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import insert

from content_library import repository, service, uploads
from content_library.facts import Library, ScriptDraft
from crm_sync.models import Product, ProductNav
from delivery.models import SendTicket, TicketState
from tests.flows.console.office import AT, Desk, Office
from tests.flows.console.test_content import _hash
from tests.flows.delivery.office import approved_script
from wiring.importing import bring_items

pytestmark = pytest.mark.anyio

POSTER = Path(__file__).resolve().parents[3] / "samples" / "materials" / "refund.png"
ARTICLE = {
    "code": "article.calls", "title": "接到陌生来电怎么办", "topic": "safety", "purpose": "care",
    "summary": "三步认出假客服。", "publisher": "青禾银行", "source": "青禾银行",
    "body": "# 先挂断\n拿不准的时候，打给本行客服。\n- 不转账", "timing": "workday", "act": "submit",
}  # fmt: skip
CARD = (
    "{{product_name}}：期限{{product_term}}，{{min_amount}}起存。利率以办理当日挂牌利率为准，提前支取按活期计息。"
    "{{bank_name}}。不想再收到此类消息，回复“退订”即可。"
)


async def _decided(office: Office, code: str, library: Library) -> None:
    """Everybody whom policy asks says yes, each at a desk of their own."""
    for who in ("hejing", "luomin"):
        async with office.database.reading() as session:
            found = (await repository.newest(session, [code]))[code]
            if found.state == "approved":
                break
            path = f"/c/review/{found.id}"
        desk = await office.sit(who)
        page = await desk.page(path)
        said = {"decision": "approve", "opinion": "看过，同意使用", "template_hash": _hash(page)}
        answer = await desk.post(f"{path}/decide", said)
        assert answer.status_code == 303, answer.text
    async with office.database.reading() as session:
        assert code in await repository.approved_by_code(session, [code], AT, library=library)


async def _four(desk: Desk) -> dict[str, str]:
    return {
        name: await desk.page(path)
        for name, path in (
            ("script", "/c/library"), ("article", "/c/articles"), ("product", "/c/catalog"),
            ("media", "/c/materials"),
        )
    }  # fmt: skip


@pytest.mark.mission("F1")
async def test_the_four_libraries_are_tabs_of_one_page(desk_office: Office) -> None:
    wang = await desk_office.sit("wangshan")
    for html in (await _four(wang)).values():
        for path, name in (
            ("/c/library", "话术"), ("/c/articles", "资讯"), ("/c/catalog", "产品"),
            ("/c/materials", "素材"),
        ):  # fmt: skip
            assert f'href="{path}"' in html
            assert name in html


@pytest.mark.mission("F1")
async def test_an_article_is_written_decided_listed_and_shown(desk_office: Office) -> None:
    wang = await desk_office.sit("wangshan")
    refused = await wang.post("/c/articles/new", {**ARTICLE, "source": ""})
    assert refused.status_code == 422
    assert "来源应为" in refused.text
    assert "拿不准的时候" in refused.text
    answer = await wang.post("/c/articles/new", ARTICLE)
    assert answer.headers["location"] == "/c/library/article.calls"
    await _decided(desk_office, "article.calls", Library.ARTICLE)
    assert "接到陌生来电怎么办" in await wang.page("/c/articles?topic=safety")
    assert "接到陌生来电怎么办" not in await wang.page("/c/articles?topic=life")
    assert "接到陌生来电怎么办" not in await wang.page("/c/library")
    shown = await wang.page("/c/library/article.calls")
    assert "防诈与权益保护" in shown
    assert "工作日" in shown
    assert "/c/articles/new?code=article.calls" in shown
    assert "先挂断" in await wang.page("/c/articles/new?code=article.calls")
    twin = (await wang.get("/api/v1/c/articles")).json()
    assert twin["data"]["rows"][0]["data"]["code"] == "article.calls"


@pytest.mark.mission("F1")
async def test_a_material_is_brought_by_its_bytes_and_shown_with_its_life(
    desk_office: Office,
) -> None:
    wang = await desk_office.sit("wangshan")
    said = {
        "csrf_token": wang.csrf, "code": "poster.calls", "title": "防诈海报", "kind": "poster",
        "words": "先挂断 再核实 不转账", "act": "submit",
    }  # fmt: skip
    forged = await wang.client.post(
        "/c/materials/new", data=said, files={"file": ("a.png", b"MZ" + b"0" * 99, "image/png")}
    )
    assert forged.status_code == 422
    assert "E-4212" in forged.text
    picture = POSTER.read_bytes()
    good = await wang.client.post(
        "/c/materials/new", data=said, files={"file": ("a.exe", picture, "text/plain")}
    )
    assert good.status_code == 303, good.text
    await _decided(desk_office, "poster.calls", Library.MEDIA)
    shown = await wang.page("/c/library/poster.calls")
    assert "还没有传到企业微信" in shown
    digest = shown.split("/c/materials/files/")[1].split('"')[0]
    served = await wang.get(f"/c/materials/files/{digest}")
    assert served.content == picture
    assert served.headers["content-type"] == "image/png"
    assert served.headers["x-content-type-options"] == "nosniff"
    async with desk_office.database.reading() as session:
        assert await uploads.standing(session, digest) == []


async def test_every_library_is_imported_from_files_once(desk_office: Office) -> None:
    for kind, file in (
        ("articles", "articles"),
        ("listings", "listings"),
        ("materials", "materials"),
    ):
        path = POSTER.parents[1] / f"{file}.toml"
        first = await bring_items(desk_office.parts, kind, path, by="system:cli", at=AT)
        again = await bring_items(desk_office.parts, kind, path, by="system:cli", at=AT)
        assert first["submitted"], first
        assert not first["refused"], first
        assert again["unchanged"] == first["submitted"]


@pytest.mark.mission("F10")
async def test_a_product_is_shown_with_net_values_and_put_on_the_list_by_two_people(
    desk_office: Office,
) -> None:
    async with desk_office.database.transaction() as session:
        await session.execute(
            insert(Product).values(
                product_code="QHDC1Y", name="整存整取一年", kind="deposit", issuer="青禾银行",
                term="一年", min_amount_fen=5_000, manager_risk=None, on_sale=True,
            )
        )  # fmt: skip
        await session.execute(
            insert(ProductNav).values(
                nav_no="QHDC1Y|2026-11-20", product_code="QHDC1Y", on=date(2026, 11, 20),
                nav_e4=10_234, changed_at=AT,
            )
        )  # fmt: skip
    wang = await desk_office.sit("wangshan")
    listed = await wang.page("/c/catalog?kind=deposit")
    assert "1.0234" in listed
    assert "不在清单里" in listed
    assert "整存整取一年" not in await wang.page("/c/catalog?kind=fund")
    typed = await wang.post("/c/catalog/QHDC1Y/list", {"template": "年利率 2.5%", "act": "submit"})
    assert typed.status_code == 422
    assert "要写成变量" in typed.text
    sent = {"template": CARD, "act": "submit", "channels": "sidebar", "valid_until": "2027-06-30"}
    answer = await wang.post("/c/catalog/QHDC1Y/list", sent)
    assert answer.headers["location"] == "/c/library/product.qhdc1y", answer.text
    await _decided(desk_office, "product.qhdc1y", Library.PRODUCT)
    shown = await wang.page("/c/catalog/QHDC1Y")
    assert "2027-06-30" in shown
    assert "侧边栏" in shown
    assert "员工wangshan" in shown or "wangshan" in shown
    assert "在清单里" in await wang.page("/c/catalog")


@pytest.mark.mission("F12")
async def test_the_service_strategies_are_playbook_entries(desk_office: Office) -> None:
    wang = await desk_office.sit("wangshan")
    html = await wang.page("/c/playbooks/strategies")
    for name in ("按时联络", "到期有人管", "一户一档", "多一类产品", "增值体验", "流失早知道"):
        assert name in html
    high = await wang.page("/c/playbooks/strategies?group=high_end")
    for name in ("联络频度防流失", "交叉营销提忠诚", "增值服务体验"):
        assert name in high
    assert "按时联络" not in high
    circle = await wang.page("/c/playbooks/strategies?group=circle")
    assert "进入社交圈" in circle
    assert 'href="/c/customers?tier=%E9%AB%98%E7%AB%AF"' in circle


@pytest.mark.mission("F1")
async def test_a_library_is_narrowed_by_everything_its_items_say(desk_office: Office) -> None:
    """Tier, timing, form, purpose, licence, product and validity, in the address, one by one."""
    async with desk_office.database.transaction() as session:
        for code, more in (
            ("care.plain", {}),
            ("care.high", {"tiers": frozenset({"私行"}), "timing": frozenset({"evening"})}),
            ("care.ends", {"valid_until": date(2026, 12, 1), "form": "broadcast"}),
            ("care.fund", {"product_kind": "fund", "licence": "基金"}),
        ):  # fmt: skip
            words = {"template": "天冷了，早晚添衣。", "purpose": "care", **more}
            await service.draft(
                session, ScriptDraft(code, code, "care.general", **words),  # type: ignore[arg-type]
                by="staff:wangshan", at=AT,
            )  # fmt: skip
    wang = await desk_office.sit("wangshan")

    async def listed(query: str) -> set[str]:
        twin = (await wang.get(f"/api/v1/c/library?state=draft&{query}")).json()
        return {row["data"]["code"].removeprefix("care.") for row in twin["data"]["rows"]}

    everything = {"plain", "high", "ends", "fund"}
    assert await listed("") == everything
    assert await listed("tier=%E7%A7%81%E8%A1%8C") == everything
    assert await listed("tier=%E6%BD%9C%E5%8A%9B") == everything - {"high"}
    assert await listed("timing=morning") == everything - {"high"}
    assert await listed("form=broadcast") == {"ends"}
    assert await listed("ends=30") == {"ends"}
    assert await listed("ends=open") == everything - {"ends"}
    assert await listed("licence=%E5%9F%BA%E9%87%91") == {"fund"}
    assert await listed("product=fund") == {"fund"}
    assert await listed("purpose=marketing") == set()
    assert (await wang.get("/c/library?ends=soon")).status_code == 422


@pytest.mark.mission("F1")
async def test_how_often_an_item_was_sent_leads_to_whom_in_sight(desk_office: Office) -> None:
    """The number and its list agree, for head office and for a branch."""
    async with desk_office.database.transaction() as session:
        version = await approved_script(
            session, "care.cold", "天冷了，早晚添衣。", scene="care.general", purpose="care"
        )
        for number, (unit, customer) in enumerate((("0101", "zhou"), ("0201", "sun"))):
            session.add(
                SendTicket(
                    id=number + 1, token_hash=f"{number}", key=f"k{number}", staff_id="limin",
                    userid="limin", customer_id=desk_office.customers[customer], unit_id=unit,
                    purpose="care", trigger="care", script_version_id=version,
                    script_code="care.cold", script_version=1, text=b"", text_hash="",
                    state=TicketState.CLAIMED, issued_at=AT, expires_at=AT, claimed_at=AT,
                )
            )  # fmt: skip
    for who, seen in (("wangshan", 2), ("suntao", 1)):
        desk = await desk_office.sit(who)
        assert f"近 30 天发送 {seen} 次" in await desk.page("/c/library/care.cold")
        html = await desk.page("/c/library/care.cold/sends")
        assert html.count("<tr data-row>") == seen
        assert "待存档核对" in html
        twin = (await desk.get("/api/v1/c/library")).json()
        assert twin["data"]["rows"][0]["data"]["sent_30d"] == seen
