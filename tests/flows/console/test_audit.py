"""What was said is found in sight alone, shown with its proof; alerts and evidence take people."""

import asyncio
import io
import re
import subprocess
import sys
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from archive.screening import screen_next
from community.landing import land_group
from kit.ledger.reading import Wanted, page
from tests.flows.archive import talks
from tests.flows.archive.talks import ROOM, ZHOU, archived, said, screener
from tests.flows.console.office import Office
from tests.flows.crm_sync import bank
from wecom.groups import Group, GroupMember

pytestmark = pytest.mark.anyio
PROMISE = "阿姨您放心，这款基本就是保本的"


async def _talk(office: Office) -> None:
    async with office.database.transaction() as session:
        await bank.contact(session, ZHOU, customer_id=office.customers["chen"])
        await bank.relation(session, "limin", ZHOU)
    await archived(
        office.database,
        said("那个新的理财安全不", by=ZHOU, to="LiMin", minute=1, msgid="m1"),
        said(PROMISE, minute=2, msgid="m2"),
        said("别的支行说的保本", by="ZhengKai", to=talks.CHEN, minute=3, msgid="x1"),
    )
    async with office.database.transaction() as session:
        await screen_next(session, screener(), at=talks.AT + timedelta(hours=4))


async def test_words_are_found_marked_and_the_search_is_recorded(desk_office: Office) -> None:
    await _talk(desk_office)
    desk = await desk_office.sit("hejing")
    assert "写两个字以上的词" in await desk.page("/c/audit")
    html = await desk.page("/c/audit?q=保本")
    assert html.count("hitrow") == 2
    assert "员工limin ↔ 客*" in html
    assert 'class="hit">' in html
    assert "客户6210007742" not in html
    shown = await desk.page("/c/audit?q=保本&at=2")
    assert "那个新的理财安全不" in shown
    assert "未被改动" in shown
    assert "R-YLD" in shown
    answer = await desk.get("/c/audit/2", **{"HX-Request": "true"})
    assert answer.text.startswith("\n<div class=") or "convcol" in answer.text
    assert "<html" not in answer.text
    async with desk_office.database.reading() as session:
        searched = await page(session, Wanted(acts=frozenset({"chat.searched"})))
        viewed = await page(session, Wanted(acts=frozenset({"chat.viewed"})))
    assert len(searched) == 2
    assert searched[0].payload["words"] == "保本"
    assert len(viewed) == 2
    nothing = await desk.page("/c/audit?q=从未说过的话")
    assert "没有找到" in nothing
    narrowed = await desk.page("/c/audit?q=保本&unit=0201")
    assert "员工limin" not in narrowed.split('id="list"')[1]


async def test_a_search_can_be_kept(desk_office: Office) -> None:
    await _talk(desk_office)
    desk = await desk_office.sit("hejing")
    kept = await desk.post("/c/audit/saved", {"name": "承诺收益", "query": "q=保本&evil=1&days=30"})
    assert kept.status_code == 303
    assert "evil" not in kept.headers["location"]
    assert "承诺收益" in await desk.page(kept.headers["location"])
    assert "承诺收益" not in await (await desk_office.sit("luomin")).page("/c/audit?q=保本")


async def test_a_changed_message_turns_its_seal_red(desk_office: Office) -> None:
    await _talk(desk_office)
    desk = await desk_office.sit("hejing")
    async with desk_office.database.transaction() as session:
        await session.execute(text("UPDATE archived_message SET from_id = 'x' WHERE seq = 2"))
    shown = await desk.page("/c/audit?at=1")
    assert "第 2 条：内容与入库时的摘要不符" in shown
    assert 'class="seal bad"' in shown


async def test_an_alert_is_claimed_handed_back_and_closed_once(desk_office: Office) -> None:
    await _talk(desk_office)
    branch = await desk_office.sit("suntao")
    queue = await branch.page("/c/alerts")
    assert "保本" in queue
    assert "别的支行" not in queue
    [number] = set(re.findall(r'href="/c/alerts/(\d+)"', queue))
    path = f"/c/alerts/{number}"
    others = await (await desk_office.sit("zhaolei")).get(path)
    assert others.status_code == (await branch.get("/c/alerts/99999")).status_code == 404
    assert (await branch.post(f"{path}/claim")).status_code == 303
    held = await branch.page(path)
    assert "无问题" in held
    he = await desk_office.sit("hejing")
    assert (await he.post(f"{path}/claim")).status_code == 409
    assert (
        await he.post(f"{path}/close", {"outcome": "clear", "note": "没有问题"})
    ).status_code == 409
    assert (
        await branch.post(f"{path}/close", {"outcome": "clear", "note": " "})
    ).status_code == 422
    assert (await branch.post(f"{path}/act", {"act": "escalate"})).status_code == 303
    assert (await he.post(f"{path}/act", {"act": "claim"})).status_code == 303
    closed = await he.post(f"{path}/close", {"outcome": "corrected", "note": "已约谈并更正"})
    assert closed.status_code == 303
    assert "已办结" in await he.page(path)
    assert '已关闭 <span class="num">1</span>' in await he.page("/c/alerts")
    async with desk_office.database.reading() as session:
        acts = await page(session, Wanted(acts=frozenset({"alert.closed"})))
    assert acts[0].payload["note"] == "已约谈并更正"


async def test_evidence_takes_two_people_and_proves_itself(
    desk_office: Office, tmp_path: Path
) -> None:
    await _talk(desk_office)
    he, luo = await desk_office.sit("hejing"), await desk_office.sit("luomin")
    assert "篮子是空的" in await he.page("/c/evidence/new")
    put = await he.client.post(
        "/c/evidence/basket", data={"csrf_token": he.csrf, "seq": ["1", "2"]}
    )
    assert put.status_code == 303
    form = await he.page("/c/evidence/new")
    assert PROMISE[:4] in form
    assert "员工luomin" in form
    asked = await he.post(
        "/c/evidence",
        {
            "title": "李敏对客户作保本表述", "purpose": "internal", "basis": "巡检发现", "around": "5",
            "reviewer": "luomin",
        },
    )  # fmt: skip
    assert asked.status_code == 303, asked.text
    path = asked.headers["location"]
    own = await he.page(path)
    assert "不能复核自己的申请" in own
    approve = {"decision": "approve", "opinion": "用途明确"}
    assert (await he.post(f"{path}/decide", approve)).status_code == 403
    assert (await he.post(f"{path}/download")).status_code == 409
    assert (await luo.post(f"{path}/decide", {**approve, "opinion": ""})).status_code == 422
    assert (await luo.post(f"{path}/decide", approve)).status_code == 303
    pack = await he.post(f"{path}/download")
    assert pack.headers["content-type"] == "application/zip"
    assert (await luo.post(f"{path}/download")).content == pack.content
    zipfile.ZipFile(io.BytesIO(pack.content)).extractall(tmp_path / "pack")
    assert await asyncio.to_thread(_verified, tmp_path / "pack") == 0
    cover = await he.page(f"{path}/cover")
    assert "李敏对客户作保本表述" in cover
    desk_office.clock.advance(minutes=6)
    stale = await he.post(f"{path}/download")
    assert stale.headers["location"].startswith("/c/sign-in-again/wecom")


def _verified(directory: Path) -> int:
    """What the pack's own verifier says, in a process that knows nothing of us."""
    return subprocess.run([sys.executable, "verify.py"], cwd=directory, check=False).returncode


async def test_groups_show_what_happened_and_what_is_wrong(desk_office: Office) -> None:
    await _group(desk_office)
    await archived(
        desk_office.database,
        said("小周优贷：年化 8%，保本保息，名额有限", by=ZHOU, to="LiMin", room=ROOM, msgid="g1"),
    )
    async with desk_office.database.transaction() as session:
        await screen_next(session, screener(), at=talks.AT + timedelta(hours=4))
    desk = await desk_office.sit("suntao")
    listed = await desk.page("/c/groups")
    assert "翠湖社区福利群" in listed
    assert "没登记" in listed
    shown = await desk.page(f"/c/groups/{ROOM}")
    assert "进群" in shown
    assert "群主由" not in shown
    assert "外部 · 未匹配" in shown
    assert "翠湖社区福利群" not in await (await desk_office.sit("zhaolei")).page("/c/groups")
    elsewhere = await (await desk_office.sit("zhaolei")).get(f"/c/groups/{ROOM}")
    assert elsewhere.status_code == 404
    flagged = await desk.page("/c/groups?flag=unregistered")
    assert "共 1 条" in flagged
    assert "没有符合条件的客户群" in await desk.page("/c/groups?flag=owner_left")


async def _group(office: Office) -> None:
    from_wecom = talks.AT - timedelta(days=1)
    members = (
        _member("limin", 1, from_wecom),
        _member(ZHOU, 2, talks.AT),
    )
    detail = Group(
        chat_id=ROOM,
        name="翠湖社区福利群",
        owner="LiMin",
        created_at=from_wecom,
        notice="",
        members=members,
        admins=(),
        member_version="v1",
    )
    async with office.database.transaction() as session:
        await land_group(session, detail, at=office.clock())


def _member(member_id: str, kind: int, joined_at: datetime) -> GroupMember:
    return GroupMember(
        member_id=member_id,
        kind=kind,
        joined_at=joined_at,
        join_scene=3,
        invited_by="",
        state="",
        name="",
        group_nickname="",
        unionid="",
    )
