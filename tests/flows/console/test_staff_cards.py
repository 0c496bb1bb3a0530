"""人设: a manager's card needs a verified certificate, and is withdrawn when it ends."""

import pytest

from content_library import service as items
from content_library.facts import Form, Library, ScriptDraft
from content_library.material_files import keep
from crm_sync.readings import links
from crm_sync.staff_cards import service
from crm_sync.staff_cards.errors import CardRefused, OwnCertificate
from kit.clock import bank_date
from tests.flows.console.office import AT, Office
from tests.flows.site import words_of

pytestmark = [pytest.mark.anyio, pytest.mark.mission("F5")]
CARD = {
    "staff_id": "limin",
    "title": "贵宾理财经理",
    "specialties": "养老规划、保险",
    "intro": "从业十二年",
}
PAPER = {
    "staff_id": "limin",
    "kind": "基金从业资格",
    "number": "F3000117788",
    "valid_until": "2026-12-01",
}


async def test_a_card_is_shown_from_its_verification_to_the_last_day_of_the_certificate(
    desk_office: Office,
) -> None:
    head, audit = await desk_office.sit("suntao"), await desk_office.sit("hejing")
    token = links.card_token(desk_office.parts.keys.cipher, "limin", AT)
    visitor = desk_office.browser()
    assert (await visitor.get(f"/o/card/{token}")).status_code == 404
    assert (await head.post("/c/cards/write", CARD)).status_code == 303
    assert (await head.post("/c/cards/certificate", PAPER)).status_code == 303
    assert (await visitor.get(f"/o/card/{token}")).status_code == 404  # nobody verified it yet
    async with desk_office.database.reading() as session:
        [paper] = (await service.certificates(session, ["limin"]))["limin"]
    own = await head.post(f"/c/cards/certificate/{paper.id}", {"do": "yes", "note": "看过原件"})
    assert (own.status_code, "E-2436" in own.text) == (403, True)
    assert "等待核实" in await audit.page("/c/cards?view=certificates&staff=limin")
    done = await audit.post(
        f"/c/cards/certificate/{paper.id}", {"do": "yes", "note": "协会网站一致"}
    )
    assert done.status_code == 303
    shown = await visitor.get(f"/o/card/{token}")
    assert shown.status_code == 200
    for word in ("贵宾理财经理", "养老规划", "基金从业资格", "F3000117788", "2026-12-01"):
        assert word in words_of(shown.text)
    assert "展示中" in await head.page("/c/cards")
    desk_office.clock.advance(days=6)  # 1 December, the last day
    assert (await visitor.get(f"/o/card/{token}")).status_code == 200
    desk_office.clock.advance(days=1)
    ended = await visitor.get(f"/o/card/{token}")
    assert (ended.status_code, "E-2439" in ended.text) == (404, True)


async def test_a_refused_certificate_shows_nothing_and_other_branches_cannot_write(
    desk_office: Office,
) -> None:
    async with desk_office.database.transaction() as session:
        await service.write(
            session, "limin", title="客户经理", specialties=[], intro="", by="staff:a", at=AT
        )
        number = await service.enter(
            session, "limin", kind="保险资格", number="B-2001", valid_until=bank_date(AT),
            by="staff:a", at=AT,
        )  # fmt: skip
        with pytest.raises(OwnCertificate):
            await service.decide(
                session, number, verified=True, opinion="一致", by="staff:limin", at=AT
            )
        await service.decide(session, number, verified=False, opinion="查无", by="staff:b", at=AT)
        assert await service.shown(session, "limin", bank_date(AT)) is None
    other = await desk_office.sit("zhaolei")
    assert (await other.post("/c/cards/write", CARD)).status_code in (403, 404)
    assert "limin" not in await other.page("/c/cards")


@pytest.mark.parametrize("intro", ["加我微信 13800002071", "稳赚不赔，预期收益 5%"])
async def test_a_card_holds_no_private_number_and_no_promise(
    desk_office: Office, intro: str
) -> None:
    async with desk_office.database.transaction() as session:
        with pytest.raises(CardRefused):
            await service.write(
                session, "limin", title="客户经理", specialties=[], intro=intro, by="staff:a", at=AT
            )


async def test_a_portrait_is_a_picture_that_two_people_let_pass(desk_office: Office) -> None:
    head = await desk_office.sit("suntao")
    refused = await head.post("/c/cards/write", {**CARD, "portrait": "portrait.limin"})
    assert (refused.status_code, "E-2435" in refused.text) == (422, True)
    async with desk_office.database.transaction() as session:
        file = await keep(session, b"\x89PNG\r\n\x1a\n" + b"0" * 64, by="staff:a", at=AT)
        draft = ScriptDraft(
            "portrait.limin", "李敏的照片", "media.image", "care", "李敏，贵宾理财经理",
            form=Form.ATTACHMENT, library=Library.MEDIA,
            detail={"kind": "image", "file": file.digest},
        )  # fmt: skip
        version_id = await items.draft(session, draft, by="staff:a", at=AT)
        await items.submit(
            session, version_id, by="staff:a", reason="", at=AT, examiner=lambda text, **_: ()
        )
        await items.approve(session, version_id, by="staff:b", opinion="本人照片", at=AT)
        number = await service.enter(
            session, "limin", kind="基金从业资格", number="F3000117788",
            valid_until=bank_date(AT), by="staff:a", at=AT,
        )  # fmt: skip
        await service.decide(session, number, verified=True, opinion="一致", by="staff:b", at=AT)
    done = await head.post("/c/cards/write", {**CARD, "portrait": "portrait.limin"})
    assert done.status_code == 303
    visitor = desk_office.browser()
    token = links.card_token(desk_office.parts.keys.cipher, "limin", AT)
    assert "/o/m/portrait.limin" in (await visitor.get(f"/o/card/{token}")).text
    picture = await visitor.get("/o/m/portrait.limin")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
