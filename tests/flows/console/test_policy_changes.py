"""A threshold is changed by two people, holds without a restart, and leaves its trace."""

import re
from html import unescape

import pytest
from sqlalchemy.exc import IntegrityError

from config import policy_catalogue, policy_files
from kit.policies import repository, service
from kit.policies.errors import NotWaiting, Overtaken
from kit.policies.models import PolicyVersion
from tests.flows.console.office import Office

pytestmark = pytest.mark.anyio
TIERS = policy_files.text("tiers")
HIGHER = TIERS.replace('profile = "招行"', 'profile = "民生"')
PATH = "/c/policies/tiers"


async def _propose(office: Office, text: str = HIGHER, name: str = "tiers") -> int:
    async with office.database.transaction() as session:
        return await service.propose(
            session, name, text, reason="分行要求从 2 万起", by="staff:wangshan", at=office.clock()
        )


async def test_two_people_change_a_threshold_and_it_holds_without_a_restart(
    desk_office: Office,
) -> None:
    assert desk_office.parts.tiers.tiers[1].from_yuan == 10_000
    author = await desk_office.sit("wangshan")
    sent = await author.post(PATH, {"text": HIGHER, "reason": "分行要求从 2 万起"})
    assert sent.status_code == 303
    waiting = sent.headers["location"]
    own = await author.page(waiting)
    assert "同意生效" not in own
    assert "撤回" in own
    assert "民生" in own
    refused = await author.post(
        f"{PATH}/1/decide", {"decision": "approve", "opinion": "我自己同意"}
    )
    assert refused.status_code == 403
    assert "E-1704" in refused.text

    other = await desk_office.sit("hejing")
    assert "等复核" in await other.page("/c/policies")
    assert "同意生效" in await other.page(waiting)
    silent = await other.post(f"{PATH}/1/decide", {"decision": "approve", "opinion": " "})
    assert silent.status_code == 422
    done = await other.post(
        f"{PATH}/1/decide", {"decision": "approve", "opinion": "与文件一致，同意"}
    )
    assert done.status_code == 303
    await desk_office.parts.refresh()
    assert desk_office.parts.tiers.tiers[1].from_yuan == 20_000
    html = await other.page("/c/policies")
    assert "第 1 版" in html
    log = await other.page("/c/log")
    assert "策略" in log or "policy" in log


async def test_a_text_that_cannot_be_used_comes_back_as_it_was_typed(desk_office: Office) -> None:
    author = await desk_office.sit("wangshan")
    wrong = TIERS.replace('measure = "point"', 'measure = "daily"  # 日均')
    sent = await author.post(PATH, {"text": wrong, "reason": "改成日均"})
    assert sent.status_code == 422
    assert "E-1702" in sent.text
    assert "measure" in sent.text
    typed = re.search(r"<textarea[^>]*>(.*?)</textarea>", sent.text, re.DOTALL)
    assert typed is not None
    assert unescape(typed.group(1)).strip() == wrong.strip()
    same = await author.post(PATH, {"text": TIERS + "\n# 一句说明\n", "reason": "没有改动"})
    assert same.status_code == 422
    async with desk_office.database.reading() as session:
        assert await repository.versions(session, "tiers") == []


async def test_branches_and_managers_do_not_see_the_policies(desk_office: Office) -> None:
    for who in ("suntao", "gaoyuan"):
        desk = await desk_office.sit(who)
        assert (await desk.get("/c/policies")).status_code == 403
        assert (await desk.post(PATH, {"text": HIGHER, "reason": "试一试看"})).status_code == 403


async def test_one_proposal_waits_at_a_time_and_is_decided_once(desk_office: Office) -> None:
    number = await _propose(desk_office)
    author = await desk_office.sit("luomin")
    again = await author.post(PATH, {"text": HIGHER, "reason": "再提一份试试"})
    assert again.status_code == 409
    assert "E-1705" in again.text
    async with desk_office.database.transaction() as session:
        await service.refuse(
            session,
            "tiers",
            number,
            opinion="起点与总行不一致",
            by="staff:hejing",
            at=desk_office.clock(),
        )
    with pytest.raises(NotWaiting):
        async with desk_office.database.transaction() as session:
            await service.approve(
                session,
                "tiers",
                number,
                opinion="同意这一份",
                by="staff:hejing",
                at=desk_office.clock(),
            )
    assert await _propose(desk_office) == number + 1


async def test_the_tables_themselves_hold_one_version_in_force(desk_office: Office) -> None:
    first = await _propose(desk_office)
    async with desk_office.database.transaction() as session:
        await service.approve(
            session, "tiers", first, opinion="与文件一致", by="staff:hejing", at=desk_office.clock()
        )
    with pytest.raises(IntegrityError):
        async with desk_office.database.transaction() as session:
            found = await repository.row(session, "tiers", first)
            session.add(PolicyVersion(**found.model_dump(exclude={"number"}), number=first + 1))
            await session.flush()


async def test_a_proposal_made_on_an_older_version_is_overtaken(desk_office: Office) -> None:
    number = await _propose(desk_office)
    async with desk_office.database.transaction() as session:
        row = await repository.row(session, "tiers", number)
        row.based_on = 7
    with pytest.raises(Overtaken):
        async with desk_office.database.transaction() as session:
            await service.approve(
                session,
                "tiers",
                number,
                opinion="同意这一份",
                by="staff:hejing",
                at=desk_office.clock(),
            )


async def test_the_gate_judges_by_the_version_in_force(desk_office: Office) -> None:
    before = desk_office.parts.desk.policy.version
    outreach = policy_files.text("outreach")
    values = policy_catalogue.OUTREACH.read(policy_files.read("outreach"))
    week = values.caps.of("marketing").week
    changed = re.sub(r"(?m)^(marketing\s*=.*?week\s*=\s*)\d+", rf"\g<1>{week + 1}", outreach)
    if changed == outreach:
        changed = re.sub(
            rf"(?s)(\[caps\.marketing\].*?week\s*=\s*){week}", rf"\g<1>{week + 1}", outreach
        )
    number = await _propose(desk_office, changed, "outreach")
    async with desk_office.database.transaction() as session:
        await service.approve(
            session,
            "outreach",
            number,
            opinion="按新办法执行",
            by="staff:hejing",
            at=desk_office.clock(),
        )
    reader = desk_office.parts.desk.reader
    await desk_office.parts.refresh()
    assert desk_office.parts.desk.policy.version != before
    assert desk_office.parts.desk.policy.outreach.caps.of("marketing").week == week + 1
    assert desk_office.parts.desk.reader is not reader
    await desk_office.parts.refresh()
    assert desk_office.parts.desk.policy.outreach.caps.of("marketing").week == week + 1
