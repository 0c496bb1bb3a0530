"""Launch checklist, maturity, funnels and the work on links, as seen on their pages."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.binding import bind_contact
from crm_sync.contacts import land_contact
from crm_sync.models import Binding, Contact, ContactWay, Coverage, RelationTalk, SyncCursor
from crm_sync.repository import launch
from delivery import worklist
from delivery.binding_work import work_of
from delivery.models import Outbox
from tests.flows.console.office import AT, Desk, Office
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import detail, follow
from tests.flows.site import words_of

pytestmark = pytest.mark.anyio
LONG_AGO = AT - timedelta(days=20)


async def _add(
    session: AsyncSession, name: str, customer: int | None, *, userid: str = "limin", **more: object
) -> None:
    """A friend who is a customer by their own word, if one is given."""
    await bank.contact(session, name, customer_id=customer)
    row = {"added_at": LONG_AGO, "add_way": 1} | more
    await bank.relation(session, userid, name, **row)
    if customer is not None:
        link = {
            "external_userid": name, "customer_id": customer, "method": "real_name",
            "confidence": 100, "state": "confirmed", "by": "t", "at": AT,
        }  # fmt: skip
        await bank.insert_rows(session, Binding, [link])


async def _numbers(desk: Desk, path: str) -> dict[str, int]:
    """Every number of a page that leads somewhere, by its address."""
    html = await desk.page(path)
    found = re.findall(r'<a class="tlink num[^"]*" href="([^"]+)">([\d,]+)</a>', html)
    return {href.replace("&amp;", "&"): int(n.replace(",", "")) for href, n in found}


async def _shown(desk: Desk, path: str) -> int:
    return (await desk.page(path)).count("<tr data-row>")


@pytest.mark.mission("C2")
async def test_the_checklist_counts_each_item_and_each_count_opens_its_list(
    desk_office: Office,
) -> None:
    async with desk_office.database.transaction() as session:
        await bank.staff(session, "left", active=False)
        lin = desk_office.customers["lin"]
        await session.execute(
            update(Coverage)
            .where(col(Coverage.customer_id) == lin, col(Coverage.kind) == "owner")
            .values(staff_id="left")
        )
        await _add(session, "wm-left", None, userid="left")
        await _add(session, "wm-nobody", None)
        await _add(session, "wm-sun2", desk_office.customers["sun"])
        await bank.customer(session, "6220000009", unit_id="0202")
        await bank.staff(session, "mute", userid=None)
        await bank.covers(session, "mute", desk_office.customers["chen"], "persona")
    desk = await desk_office.sit("wangshan")
    text = words_of(await desk.page("/c/launch"))
    for item in ("客户迁移", "客户认证", "业绩归属", "接口权限", "组织调整"):
        assert item in text
    numbers = await _numbers(desk, "/c/launch")
    checks = {href.rpartition("/")[2]: n for href, n in numbers.items() if "/launch/" in href}
    assert checks["interfaces?show=missing"] >= 1
    assert checks["interfaces?show=unseen"] >= 1
    assert {one for one in checks if "?" not in one} == {one.id for one in launch.CHECKS}
    assert (checks["leavers"], checks["orphans"], checks["unbound"]) == (1, 1, 2)
    assert (checks["ownerless"], checks["accountless"], checks["homeless"]) == (1, 1, 1)
    for check, n in checks.items():
        assert await _shown(desk, f"/c/launch/{check}") == min(n, 50), check


@pytest.mark.mission("C2")
async def test_the_interfaces_are_judged_by_what_is_set_and_what_answered(
    desk_office: Office,
) -> None:
    async def states() -> dict[str, str]:
        desk = await desk_office.sit("wangshan")
        found = (await desk.get("/api/v1/c/launch/interfaces")).json()["data"]["rows"]
        return {one["data"]["name"]: one["data"]["state"] for one in found}

    before = await states()
    assert before["实名验证码"] == "bad"  # this bank has no gateway
    assert before["会话内容存档"] == "bad"
    assert before["自建应用"] == before["创建群发任务"] == before["给员工发应用消息"] == "unseen"
    ended = {"queued_at": AT, "due_at": AT, "expires_at": AT, "payload": b"", "settled_at": AT}
    async with desk_office.database.transaction() as session:
        rows = (("broadcast", "failed", "Misconfigured 48002"), ("staff_card", "sent", ""))
        for place, (kind, state, cause) in enumerate(rows):
            row = {"id": place, "key": kind, "kind": kind, "state": state, "cause": cause, **ended}
            await bank.insert_rows(session, Outbox, [row])
        read = {"name": "contacts", "started_at": AT, "finished_at": AT}
        await bank.insert_rows(session, SyncCursor, [read])
    after = await states()
    assert (after["创建群发任务"], after["给员工发应用消息"]) == ("bad", "done")
    assert after["读取好友与标签"] == after["自建应用"] == after["企业可信 IP"] == "done"
    branch = await desk_office.sit("suntao")
    assert "interfaces?" not in await branch.page("/c/launch")
    assert await _shown(branch, "/c/launch/interfaces") == 0


@pytest.mark.mission("C2")
async def test_a_branch_sees_its_own_part_of_the_checklist(desk_office: Office) -> None:
    async with desk_office.database.transaction() as session:
        await _add(session, "wm-a", None)
        await _add(session, "wm-b", None, userid="zhengkai")
    for staff_id, expected in (("wangshan", 2), ("suntao", 1), ("zhaolei", 1)):
        desk = await desk_office.sit(staff_id)
        assert (await _numbers(desk, "/c/launch"))["/c/launch/unbound"] == expected
        assert await _shown(desk, "/c/launch/unbound") == expected


@pytest.mark.mission("C3")
async def test_the_self_check_is_computed_and_says_in_which_stage_the_bank_stands(
    desk_office: Office,
) -> None:
    desk = await desk_office.sit("wangshan")
    html = await desk.page("/c/maturity")
    text = words_of(html)
    for stage in ("调研筹备", "基础搭建", "基本运营", "精细化经营"):
        assert stage in text
    assert "正在“调研筹备”" in text
    assert "超过 35% 的股份制银行" in text
    assert "白皮书 S4" in text
    assert "50.0%" in text  # two of the two friends are linked, one of two to ... the share shows
    twin = await desk.get("/api/v1/c/maturity")
    stages = twin.json()["data"]["stages"]
    linked = stages[1]["criteria"][0]
    assert (linked["name"], linked["counted"], linked["met"]) == ("好友对应到客户", "2 / 2", True)
    assert [len(one["criteria"]) for one in stages] == [3, 2, 3, 3]
    for one in (found for stage in stages for found in stage["criteria"]):
        assert (await desk.get(one["href"])).status_code == 200, one["href"]


@pytest.mark.mission("C5")
async def test_the_funnel_keeps_the_source_and_every_number_opens_its_list(
    desk_office: Office,
) -> None:
    async with desk_office.database.transaction() as session:
        way = {"state": "s-hall", "purpose": "厅堂立牌", "staff_id": "limin", "created_at": AT}
        await bank.insert_rows(session, ContactWay, [way])
        await _add(session, "wm-hall", desk_office.customers["chen"], state="s-hall")
        await _add(session, "wm-group", None, add_way=4)
        await _add(session, "wm-gone", None, add_way=16, ended_at=AT)
    desk = await desk_office.sit("wangshan")
    text = words_of(await desk.page("/c/funnel"))
    for word in ("公域获客", "准私域", "核心私域", "联系码·厅堂立牌", "社群", "获客链接"):
        assert word in text
    numbers = await _numbers(desk, "/c/funnel")
    assert len(numbers) >= 9
    for path, n in numbers.items():
        assert await _shown(desk, path) == n, path
    assert numbers["/c/funnel?source=%E8%81%94%E7%B3%BB%E7%A0%81%C2%B7%E5%8E%85%E5%A0%82%E7%AB%8B%E7%89%8C&layer=core"] == 1  # fmt: skip
    branch = await desk_office.sit("zhaolei")
    assert "厅堂立牌" not in words_of(await branch.page("/c/funnel"))


@pytest.mark.mission("C5")
async def test_valid_adds_by_condition_member_and_unit_with_the_reasons(
    desk_office: Office,
) -> None:
    month_ago = AT - timedelta(days=32)
    async with desk_office.database.transaction() as session:
        await _add(session, "wm-good", desk_office.customers["chen"], added_at=month_ago)
        said = {
            "userid": "limin", "external_userid": "wm-good",
            "staff_wrote_at": month_ago, "customer_wrote_at": month_ago,
        }  # fmt: skip
        await bank.insert_rows(session, RelationTalk, [said])
        await _add(session, "wm-raw", None, added_at=month_ago)
        await _add(session, "wm-other", desk_office.customers["lin"], added_at=month_ago)
        await _add(session, "wm-young", None)
    desk = await desk_office.sit("wangshan")
    month = f"{month_ago:%Y-%m}"
    twin = (await desk.get(f"/api/v1/c/adds?month={month}")).json()["data"]
    assert [one["n"] for one in twin["steps"]] == [3, 2, 1, 1, 1, 1]
    for one in (*twin["steps"], *twin["stops"]):
        assert await _shown(desk, one["href"]) == one["n"], one
    why = words_of(await desk.page(f"/c/adds?month={month}&view=list"))
    assert "加好友的不是管户经理" in why
    assert "还没有对应到本行客户" in why
    for view, name in (("units", "0101机构"), ("staff", "员工limin"), ("sources", "网点扫码")):
        path = f"/c/adds?month={month}&view={view}"
        assert name in words_of(await desk.page(path))
        for href, n in (await _numbers(desk, path)).items():
            assert await _shown(desk, href) == n, href
    now = (await desk.get("/api/v1/c/adds")).json()["data"]
    waiting = now["stats"][3]
    assert await _shown(desk, waiting["href"]) == int(waiting["value"]) == 1
    branch = await desk_office.sit("zhaolei")
    assert await _shown(branch, f"/c/adds?month={month}&view=list") == 0


@pytest.mark.mission("C1")
async def test_two_contacts_of_one_customer_are_merged_on_the_work_item(
    desk_office: Office,
) -> None:
    async with desk_office.database.transaction() as session:
        landed = await land_contact(
            session, detail("wm-new", follow("limin", remark="13800002071")), desk_office.clock()
        )
        [outcome] = landed.bindings
        work = work_of(outcome)
        assert work is not None
        await worklist.open_work(session, [work], at=AT)
    desk = await desk_office.sit("wangshan")
    text = words_of(await desk.page("/c/work/binding:wm-new"))
    assert "以后用这个微信" in text
    zhou = desk_office.customers["zhou"]
    done = await desk.post(
        "/c/work/binding:wm-new/decide", {"choice": f"{zhou}:here", "note": "换了新手机"}
    )
    assert done.status_code == 303, done.text
    async with desk_office.database.reading() as session:
        rows = await session.execute(
            select(
                col(Contact.external_userid), col(Contact.customer_id), col(Contact.merged_into)
            ).where(col(Contact.external_userid).in_(["wm-new", "wm-6210003821"]))
        )
        found = {row.external_userid: (row.customer_id, row.merged_into) for row in rows}
    assert found == {"wm-new": (zhou, None), "wm-6210003821": (zhou, "wm-new")}


@pytest.mark.mission("C1")
async def test_an_owner_who_is_no_friend_is_shown_with_those_who_are(desk_office: Office) -> None:
    async with desk_office.database.transaction() as session:
        lin = desk_office.customers["lin"]
        await bank.contact(session, "wm-lin")
        await bank.relation(session, "limin", "wm-lin")
        await bank.customer(session, "x", owner="zhengkai", phone="13911112222")
        seen = detail("wm-lin", follow("limin", remark="13911112222"))
        outcome = (await land_contact(session, seen, AT)).bindings[0]
        work = work_of(outcome)
        assert work is not None
        await worklist.open_work(session, [work], at=AT)
        assert (await bind_contact(session, "wm-lin", AT)).state == "none"
        assert lin
    desk = await desk_office.sit("wangshan")
    [path] = re.findall(r'href="(/c/work/owner[^"]+)"', await desk.page("/c/work"))
    text = words_of(await desk.page(path))
    assert "管户经理 员工zhengkai" in text
    assert "现在的好友 员工limin" in text
    undone = await desk.post(f"{path}/decide", {"choice": "undo", "note": "加错人了"})
    assert undone.status_code == 303
    async with desk_office.database.reading() as session:
        assert await worklist.count_work(session, units=None) == 0
