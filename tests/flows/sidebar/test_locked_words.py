"""What was approved is what is sent: of one item only the greeting before it is the sender's."""

import re
from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from content_library import repository, service, uploads
from content_library.facts import Form, Library, ScriptDraft
from content_library.material_files import keep
from kit import clock
from tests.flows.crm_sync import bank
from tests.flows.delivery.office import approved_script
from tests.flows.site import ORIGIN, SiteUnderTest, open_site, words_of

pytestmark = pytest.mark.anyio

TEN = clock.bank_moment(date(2026, 11, 25), time(10, 0))
CARE = "{{customer_title}}，天气转凉，早晚添件衣服，出门慢一点。"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


class Wall:
    def __init__(self) -> None:
        self.at: datetime = TEN

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
async def site(database_url: str, tmp_path: Path, wall: Wall) -> AsyncIterator[SiteUnderTest]:
    async with open_site(database_url, tmp_path, now=wall) as opened:
        async with opened.database.transaction() as session:
            await bank.units(session)
            await bank.staff(session, "limin")
            await bank.reached_customer(session, "C1", owner="limin", gender="F", tier="高端")
            given: dict[str, dict[str, Any]] = {
                "care.cold": {},
                "care.private": {"tiers": frozenset({"私行"})},
                "care.high": {"tiers": frozenset({"高端"})},
                "care.evening": {"timing": frozenset({"evening"})},
            }
            for code, fields in given.items():
                await approved_script(
                    session, code, CARE.replace("天气", f"{code[5:]}天气"),
                    scene="care.general", purpose="care", **fields,
                )  # fmt: skip
        yield opened


async def _version(site: SiteUnderTest, code: str) -> tuple[int, str]:
    async with site.database.reading() as session:
        found = (await repository.approved_by_code(session, [code], TEN))[code]
    return found.version_id, found.template_hash


async def _send(site: SiteUnderTest, **fields: object) -> tuple[int, dict[str, object]]:
    limin = await site.signed_in("limin")
    answer = await limin.post("/h5/sends", {"contact": "wm-C1", **fields})
    kind = answer.headers["content-type"]
    return answer.status_code, answer.json() if "json" in kind else {"html": answer.text}


@pytest.mark.mission("F1")
async def test_a_send_records_the_version_that_was_sent(site: SiteUnderTest) -> None:
    version_id, shown = await _version(site, "care.cold")
    status, ticket = await _send(site, script_version_id=version_id, template_hash=shown)
    assert status == 200
    limin = await site.signed_in("limin")
    await limin.post(f"/h5/sends/{ticket['ticket']}/result", {"outcome": "ok"})
    async with site.database.reading() as session:
        row = (
            await session.execute(
                text("SELECT script_version_id, script_code, script_version FROM send_ticket")
            )
        ).one()
    assert tuple(row) == (version_id, "care.cold", 1)


@pytest.mark.parametrize(
    "tampering",
    [
        {"text": "年化 8%，保本"},
        {"template": "另一段话"},
        {"product_rate": "8.88%"},
        {"product_risk": "1"},
        {"template_hash": "0" * 64},
    ],
    ids=lambda one: next(iter(one)),
)
async def test_a_request_that_brings_other_words_is_refused_and_kept(
    site: SiteUnderTest, tampering: dict[str, str]
) -> None:
    version_id, _ = await _version(site, "care.cold")
    status, face = await _send(site, script_version_id=version_id, **tampering)
    assert status == 409
    assert "E-4215" in str(face["html"])
    async with site.database.reading() as session:
        tickets = (await session.execute(text("SELECT count(*) FROM send_ticket"))).scalar_one()
        acts = set((await session.execute(text("SELECT act FROM ledger_entry"))).scalars())
    assert tickets == 0
    assert "send.blocked" in acts


async def test_a_greeting_goes_before_the_words_and_changes_none_of_them(
    site: SiteUnderTest,
) -> None:
    version_id, _ = await _version(site, "care.cold")
    said = "周阿姨早上好，好久不见！"
    limin = await site.signed_in("limin")
    sheet = await limin.get(f"/h5/preview?contact=wm-C1&script_version_id={version_id}")
    ready = re.findall(r'<option value="([^"]+)">', sheet.text)
    assert ready[0] == "您好，您的专属客户经理来问候一声。", (
        "what is ready for this tier comes first"
    )
    assert "您好，今年的收成还好吗？" not in ready
    status, ticket = await _send(site, script_version_id=version_id, greeting=said)
    assert status == 200
    sent: Any = ticket["payloads"]
    first, _, rest = sent[0]["text"]["content"].partition("\n")
    assert first == said
    assert rest.endswith("，cold天气转凉，早晚添件衣服，出门慢一点。")


@pytest.mark.parametrize(
    ("greeting", "code"),
    [
        ("这款理财真不错", "E-4216"),
        ("年化有 8% 哦", "E-4216"),
        ("看 www.abc.com", "E-4216"),
        ("早" * 41, "E-4216"),
        ("早上好\n第二行", "E-4216"),
        ("早上好，稳赚不赔，闭眼入", "E-4035"),
        ("早上好，稳赚不赔", "E-4035"),
        ("早上好，这个保本保息，放心", "E-4216"),
    ],
)
@pytest.mark.mission("I6")
async def test_a_greeting_that_is_more_than_a_greeting_is_refused(
    site: SiteUnderTest, greeting: str, code: str
) -> None:
    version_id, _ = await _version(site, "care.cold")
    status, face = await _send(site, script_version_id=version_id, greeting=greeting)
    assert status == 409
    assert code in str(face["html"])


@pytest.mark.mission("F8")
async def test_an_item_is_seen_by_the_entitled_tier_alone_and_at_its_time(
    site: SiteUnderTest, wall: Wall
) -> None:
    limin = await site.signed_in("limin")
    page = words_of((await limin.get("/h5/scripts?contact=wm-C1")).text)
    assert "high天气" in page
    assert "private天气" not in page
    assert "evening天气" not in page
    wall.at = clock.bank_moment(date(2026, 11, 25), time(18, 30))
    limin = await site.signed_in("limin")
    assert "evening天气" in words_of((await limin.get("/h5/scripts?contact=wm-C1")).text)
    wall.at = TEN
    version_id, _ = await _version(site, "care.private")
    status, face = await _send(site, script_version_id=version_id)
    assert (status, "E-4007" in str(face["html"])) == (409, True)


async def _material(
    site: SiteUnderTest, code: str, title: str, words: str, **detail: str
) -> tuple[int, str]:
    """A material in use; returns its version and the digest of its picture."""
    async with site.database.transaction() as session:
        file = await keep(session, PNG, by="staff:a", at=TEN)
        draft = ScriptDraft(
            code, title, f"media.{detail['kind']}", "care", words,
            form=Form.ATTACHMENT, library=Library.MEDIA, detail={"file": file.digest, **detail},
        )  # fmt: skip
        version_id = await service.draft(session, draft, by="staff:a", at=TEN)
        await service.submit(
            session, version_id, by="staff:a", reason="", at=TEN, examiner=lambda text, **_: ()
        )
        await service.approve(session, version_id, by="staff:b", opinion="同意", at=TEN)
    return version_id, file.digest


async def _uploaded(site: SiteUnderTest, digest: str) -> None:
    async with site.database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO material_upload (digest, use, media_id, created_at, failures, problem)"
                " VALUES (:digest, :use, 'MEDIA-1', :at, 0, '')"
            ).bindparams(digest=digest, use=uploads.MESSAGE, at=TEN),
        )


async def test_a_mini_program_card_goes_with_its_picture_from_our_own_page(
    site: SiteUnderTest,
) -> None:
    """What sendChatMessage takes of it: title, appid, page and the picture by address (100749)."""
    version_id, digest = await _material(
        site, "card.assessment", "手机银行：风险测评", "做一次风险测评，三分钟。",
        kind="miniprogram", appid="wx0123456789abcdef", page="pages/assessment/index.html",
    )  # fmt: skip
    await _uploaded(site, digest)
    status, ticket = await _send(site, script_version_id=version_id)
    assert status == 200, ticket
    payloads: Any = ticket["payloads"]
    assert payloads == [
        {
            "msgtype": "miniprogram",
            "miniprogram": {
                "appid": "wx0123456789abcdef",
                "title": "手机银行：风险测评",
                "imgUrl": f"{ORIGIN}/o/m/card.assessment",
                "page": "pages/assessment/index.html",
            },
        }
    ]
    async with site.browser() as anybody:
        picture = await anybody.get(payloads[0]["miniprogram"]["imgUrl"])
    assert (picture.status_code, picture.content) == (200, PNG)
    assert picture.headers["content-type"] == "image/png"


async def test_a_link_card_is_refused_from_the_moment_its_host_is_not_the_banks(
    site: SiteUnderTest,
) -> None:
    """Approved once is not enough: the hosts that hold at the tap decide."""
    version_id, _ = await _material(
        site, "link.branches", "附近网点", "查最近的网点和营业时间。",
        kind="link", url="https://www.qinghe.example/branches",
    )  # fmt: skip
    status, face = await _send(site, script_version_id=version_id)
    assert (status, "E-4218" in str(face["html"])) == (409, True)
    site.parts.desk.policy = site.parts.desk.policy.with_hosts("qinghe.example")
    status, ticket = await _send(site, script_version_id=version_id)
    assert status == 200, ticket
    payloads: Any = ticket["payloads"]
    assert payloads[0]["news"] == {
        "link": "https://www.qinghe.example/branches",
        "title": "附近网点",
        "desc": "查最近的网点和营业时间。",
        "imgUrl": f"{ORIGIN}/o/m/link.branches",
    }


async def test_a_material_goes_by_its_live_id_and_not_a_minute_longer(
    site: SiteUnderTest, wall: Wall
) -> None:
    version_id, digest = await _material(
        site, "poster.safety", "防诈海报", "陌生来电要转账，先挂断。", kind="poster"
    )
    status, face = await _send(site, script_version_id=version_id)
    assert (status, "E-4214" in str(face["html"])) == (409, True)
    await _uploaded(site, digest)
    limin = await site.signed_in("limin")
    page = await limin.get("/h5/scripts?library=media&contact=wm-C1")
    assert "防诈海报" in words_of(page.text)
    assert 'src="/o/m/poster.safety"' in page.text, "whoever sends it sees it"
    status, ticket = await _send(site, script_version_id=version_id)
    assert status == 200
    assert ticket["payloads"] == [{"msgtype": "image", "image": {"mediaid": "MEDIA-1"}}]
    wall.at = TEN + timedelta(hours=71, minutes=59)
    status, face = await _send(site, script_version_id=version_id)
    assert (status, "E-4214" in str(face["html"])) == (409, True)
