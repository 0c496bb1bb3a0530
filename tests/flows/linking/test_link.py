"""A customer proves who they are by WeChat identity, name, number and one-time code."""

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from compliance.models import Consent
from config import policy_catalogue
from crm_sync.binding import bind_contact
from crm_sync.binding_by_hand import bind_by_hand, undo
from crm_sync.linking import service
from crm_sync.models import Binding, Contact, LinkCode, LinkTry, LinkVisit
from delivery import worklist
from kit.ledger.reading import Wanted, page
from tests.flows.crm_sync import bank
from tests.flows.linking.visitor import ZHOU, ZHOU_NAME, ZHOU_PHONE, Desk

pytestmark = pytest.mark.anyio


async def _bound(desk: Desk, external_userid: str = "wm-1") -> int | None:
    async with desk.database.reading() as session:
        query = select(col(Contact.customer_id)).where(
            col(Contact.external_userid) == external_userid
        )
        return (await session.execute(query)).scalar_one()


@pytest.mark.mission("C1")
async def test_name_number_and_code_make_the_contact_a_customer(desk: Desk) -> None:
    shown = await desk.visitor("wm-1").link()
    assert "绑定完成" in shown
    assert await _bound(desk) == desk.customers["zhou"]
    async with desk.database.reading() as session:
        row = (await session.execute(select(Binding))).scalar_one()
        [entry] = await page(session, Wanted(acts=frozenset({"contact.bound"})))
        consents = (await session.execute(select(col(Consent.purpose), col(Consent.notice)))).all()
        assert (row.method, row.confidence, row.state) == ("real_name", 100, "confirmed")
        evidence = dict(row.evidence)
    notice = desk.site.parts.shelf.of(policy_catalogue.LINKING).notice.version
    assert evidence["facts"][0]["notice"] == notice
    assert (entry.actor, entry.object) == (f"customer:{desk.customers['zhou']}", "contact:wm-1")
    assert [tuple(one) for one in consents] == [("service", notice)]
    stored = f"{evidence} {entry}"
    assert ZHOU_PHONE not in stored
    assert ZHOU_NAME not in stored


async def test_what_else_is_agreed_to_is_asked_for_apart_and_never_ticked_beforehand(
    desk: Desk,
) -> None:
    visitor = desk.visitor("wm-1")
    form = (await visitor.arrive()).text
    assert 'value="marketing"' in form
    assert "checked" not in form
    notice = desk.site.parts.shelf.of(policy_catalogue.LINKING).notice
    assert all(line in form for line in notice.lines)
    assert notice.version in form
    refused = await visitor.post("/o/link/who", {"name": ZHOU_NAME, "phone": ZHOU_PHONE})
    assert refused.status_code == 422
    assert "勾选同意" in refused.text
    assert await desk.codes() == []
    await visitor.link(consent=["marketing", "sharing"])
    async with desk.database.reading() as session:
        given = (await session.execute(select(col(Consent.purpose)))).scalars().all()
    assert sorted(given) == ["marketing", "service"]


async def test_a_name_that_differs_waits_for_a_person(desk: Desk) -> None:
    shown = await desk.visitor("wm-1").link(name="周桂兰")
    assert "等待核对" in shown
    assert await _bound(desk) is None
    async with desk.database.reading() as session:
        [item] = await worklist.work_items(session, units=None)
        [row] = (await session.execute(select(col(Binding.state), col(Binding.method)))).all()
    assert (item.kind, item.unit_id, item.external_userid) == ("binding_conflict", "0101", "wm-1")
    assert "姓名对不上" in item.why
    assert (row.state, row.method) == ("conflict", "real_name")
    async with desk.database.transaction() as session:
        assert (await bind_contact(session, "wm-1", desk.time())).state == "none"
        state = (await session.execute(select(col(Binding.state)))).scalar_one()
    assert state == "conflict"  # the night's judgement does not sweep it away


async def test_a_contact_of_another_customer_is_not_moved(desk: Desk) -> None:
    async with desk.database.transaction() as session:
        await bind_by_hand(
            session,
            "wm-1",
            desk.customers["lin"],
            actor="staff:limin",
            reason="到店核对",
            at=desk.time(),
        )
    assert "等待核对" in await desk.visitor("wm-1").link()
    assert await _bound(desk) == desk.customers["lin"]
    async with desk.database.reading() as session:
        [item] = await worklist.work_items(session, units=None, kind="binding_conflict")
    assert "已绑定一位客户" in item.why
    assert [one["customer_id"] for one in item.facts["rivals"]] == [desk.customers["zhou"]]


async def test_a_shared_number_is_told_apart_by_the_name(desk: Desk) -> None:
    assert "绑定完成" in await desk.visitor("wm-1").link("13700000001", "客户6210007743")
    assert await _bound(desk) == desk.customers["son"]
    assert "等待核对" in await desk.visitor("wm-2").link("13700000001", "客户6210007799")
    async with desk.database.reading() as session:
        [item] = await worklist.work_items(session, units=None, kind="binding_conflict")
    rivals = {one["customer_id"] for one in item.facts["rivals"]}
    assert rivals == {desk.customers["chen"], desk.customers["son"]}


async def test_what_a_person_undid_is_not_proved_back_without_a_person(desk: Desk) -> None:
    visitor = desk.visitor("wm-1")
    await visitor.link()
    async with desk.database.transaction() as session:
        await undo(session, "wm-1", actor="staff:limin", reason="代人操作", at=desk.time())
    assert "等待核对" in await desk.visitor("wm-1").link()
    assert await _bound(desk) is None


async def test_a_link_by_phone_becomes_a_proven_one_and_stays_one(desk: Desk) -> None:
    async with desk.database.transaction() as session:
        await session.execute(
            update(Contact)
            .where(col(Contact.external_userid) == "wm-1")
            .values(customer_id=desk.customers["zhou"])
        )
    for _ in range(2):
        assert "绑定完成" in await desk.visitor("wm-1").link()
    async with desk.database.reading() as session:
        methods = (await session.execute(select(col(Binding.method)))).scalars().all()
    assert set(methods) == {"real_name"}


@pytest.mark.mission("C1")
async def test_a_customer_of_another_manager_becomes_a_work_item(desk: Desk) -> None:
    async with desk.database.transaction() as session:
        await bank.customer(session, "6220000001", owner="wangfang", phone="13600000006")
    assert "绑定完成" in await desk.visitor("wm-1").link("13600000006", "客户6220000001")
    async with desk.database.reading() as session:
        [item] = await worklist.work_items(session, units=None)
    assert (item.kind, item.staff_id) == ("owner_mismatch", "wangfang")


async def test_a_proof_settles_the_conflict_that_waited(desk: Desk) -> None:
    assert "等待核对" in await desk.visitor("wm-1").link(name="周桂兰")
    assert "绑定完成" in await desk.visitor("wm-1").link()
    async with desk.database.reading() as session:
        assert await worklist.count_work(session, units=None, state="open") == 0
        [item] = await worklist.work_items(session, units=None, state="closed")
    assert item.resolution == "客户本人实名认证"
    async with desk.database.transaction() as session:
        await undo(session, "wm-1", actor="staff:limin", reason="代人操作", at=desk.time())
    await desk.visitor("wm-1").link(name="周桂兰")
    async with desk.database.reading() as session:  # what is found anew is open anew
        assert await worklist.count_work(session, units=None, state="open") == 1


async def test_nothing_that_could_be_read_is_kept(desk: Desk) -> None:
    await desk.visitor("wm-1").link()
    code = (await desk.codes())[0]["code"]
    async with desk.database.reading() as session:
        row = (await session.execute(select(LinkCode))).scalar_one()
        visit = (await session.execute(select(LinkVisit))).scalar_one()
        kept = f"{row.model_dump()} {visit.model_dump()}"
        assert len(row.code_hash) == 32
    for secret in (ZHOU_PHONE, ZHOU_NAME, code, ZHOU):
        assert secret not in kept


async def test_what_nobody_needs_is_deleted(desk: Desk) -> None:
    await desk.visitor("wm-1").link()
    policy = desk.site.parts.shelf.of(policy_catalogue.LINKING)
    async with desk.database.transaction() as session:
        assert sum((await service.tidy(session, policy, desk.time())).values()) == 0
    await desk.advance(days=policy.kept_days + 2)
    async with desk.database.transaction() as session:
        gone = await service.tidy(session, policy, desk.time())
        left = (await session.execute(select(func.count()).select_from(LinkTry))).scalar_one()
        links = (await session.execute(select(func.count()).select_from(Binding))).scalar_one()
    assert (gone["codes"], gone["visits"], left, links) == (1, 1, 0, 1)
