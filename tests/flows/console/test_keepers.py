"""Those who keep the system: files, people, set-up, how things are; never a secret."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import insert
from sqlmodel import col, update

from bot.inbox.models import Inbox, InboxState
from crm_sync.imports.service import import_file
from crm_sync.models import Grant
from kit.ids import new_id
from kit.ledger.reading import Wanted, page
from kit.scheduling import slots
from tests.flows.console.office import AT, Office
from tests.flows.wecom_world import SECRET
from wiring.jobs import JOBS

pytestmark = pytest.mark.anyio
HEAD = "customer_no,name,unit_id,birthday\n"


async def _brought(office: Office, directory: Path, rows: str) -> None:
    path = directory / "units.csv"
    path.write_text("unit_id,name,parent_id,kind\n" + rows, encoding="utf-8")
    await import_file(
        office.database, "units", path, by="staff:gaoyuan", at=office.clock(), partial=True
    )


async def test_an_import_tells_what_became_of_every_line(
    desk_office: Office, tmp_path: Path
) -> None:
    await _brought(
        desk_office, tmp_path, "0301,新区支行,hq,branch\n0301,又一次,hq,branch\n,没有号,hq,branch\n"
    )
    desk = await desk_office.sit("gaoyuan")
    listed = await desk.page("/c/imports")
    assert "units.csv" in listed
    assert "机构" in listed
    [path] = set(
        re.findall(r'href="(/c/imports/\d+)" data-open-page', listed.replace('class="tlink" ', ""))
    )
    html = await desk.page(path)
    counts = dict(re.findall(r'class="t">([^<]*)</span><span class="v num">([\d,—]+)<', html))
    assert counts["读到"] == "3"
    assert (
        int(counts["新增"]) + int(counts["改动"]) + int(counts["没变"]) + int(counts["拒收"]) == 3
    )
    assert html.count("data-row") == int(counts["拒收"]) > 0
    for href, number in re.findall(
        r'href="(/c/imports/\d+\?code=[^"]*)".*?class="num">(\d+)<', html, re.DOTALL
    ):
        assert (await desk.page(unescape(href))).count("data-row") == int(number)
    assert "又一次" not in html
    assert (await desk.get("/c/imports/999")).status_code == 404
    branch = await desk_office.sit("suntao")
    assert (await branch.get("/c/imports")).status_code == 403


async def test_people_are_listed_with_each_role_its_unit_and_who_granted_it(
    desk_office: Office,
) -> None:
    async with desk_office.database.transaction() as session:
        await session.execute(
            update(Grant)
            .where(col(Grant.staff_id) == "suntao")
            .values(granted_by="staff:gaoyuan", expires_at=AT + timedelta(days=2))
        )
    desk = await desk_office.sit("gaoyuan")
    html = await desk.page("/c/people?role=branch&unit=01")
    assert html.split('id="list"')[1].count("data-row") == 1
    row = html.split("data-row")[1].partition("</tr>")[0]
    for shown in ("网点负责人", "01机构", "gaoyuan", "2026-11-27"):
        assert shown in row, shown
    every = await desk.page("/c/people")
    for href, number in re.findall(
        r'class="grow" href="([^"]*role=[^"]*)">[^<]*</a><span class="num">(\d+)<', every
    ):
        shown = await desk.page(unescape(href))
        assert shown.split('id="list"')[1].count("data-row") == int(number), href
    found = await desk.page("/c/people?q=limin")
    assert "本人管户" in found
    assert "没有符合条件的人" in await desk.page("/c/people?q=nobody-here")


async def test_the_technicians_sign_somebody_out_and_it_is_recorded(desk_office: Office) -> None:
    branch = await desk_office.sit("suntao")
    it = await desk_office.sit("gaoyuan")
    assert "/c/people/suntao/sign-out" in await it.page("/c/people?q=suntao")
    assert (await branch.post("/c/people/gaoyuan/sign-out")).status_code == 403
    assert (await it.post("/c/people/suntao/sign-out")).status_code == 303
    assert (await branch.get("/c/customers")).status_code in (303, 401)
    assert "/c/people/suntao/sign-out" not in await it.page("/c/people?q=suntao")
    async with desk_office.database.reading() as session:
        entries = await page(session, Wanted(kind="setup"))
    assert [one.object for one in entries if one.act == "session.ended_by_it"] == ["staff:suntao"]
    assert (await it.post("/c/people/nobody/sign-out")).status_code == 404


async def test_set_up_shows_that_a_secret_is_there_and_never_which(desk_office: Office) -> None:
    desk = await desk_office.sit("gaoyuan")
    html = await desk.page("/c/setup")
    assert SECRET not in html
    assert "GENGYUN_WECOM__SECRET" in html
    assert "http://desk/wecom/callback" in html
    secret = html.partition("GENGYUN_WECOM__SECRET")[2].partition("</tr>")[0]
    token = html.partition("GENGYUN_WECOM__CALLBACK_TOKEN")[2].partition("</tr>")[0]
    assert "已设置" in secret
    assert "没有设置" in token
    assert "缺" in html
    for role in ("wangshan", "hejing", "suntao"):
        other = await desk_office.sit(role)
        assert (await other.get("/c/setup")).status_code == 403


def _check(html: str, name: str) -> str:
    """The line of one dependency or job."""
    return html.partition(f"<b>{name}</b>")[2].partition("</tr>")[0]


async def test_health_names_what_waits_what_failed_and_what_to_do(desk_office: Office) -> None:
    old = AT - timedelta(minutes=20)
    async with desk_office.database.transaction() as session:
        row = {
            "kept_at": old, "kind": "change_external_contact", "ordering_key": "k",
            "body": b"sealed", "due_at": old,
        }  # fmt: skip
        await session.execute(
            insert(Inbox),
            [{**row, "id": new_id(), "digest": "a" * 64, "state": InboxState.NEW}],
        )
        await slots.take(session, job="plan", planned_at=old, worker="w", at=old)
        await slots.finish(
            session, job="plan", planned_at=old, worker="w", at=AT, cause="Unreachable: E-5002"
        )
    desk = await desk_office.sit("gaoyuan")
    html = await desk.page("/c/health")
    assert "最久的等了20 分钟" in _check(html, "事件回调").replace(" 20", "20")
    failed = _check(html, "任务 · 编排当天提醒")
    assert "Unreachable: E-5002" in failed
    assert "近 24 小时失败 1 次" in failed
    assert "没有设置会话存档的密钥" in _check(html, "会话存档")
    assert "结构版本" in _check(html, "数据库 · 业务库")
    assert html.count("任务 · ") == len(JOBS)
    waiting = html.partition("收到的事件</h2>")[2].partition("</table>")[0]
    assert re.findall(r"<td class=\"r[^\"]*\">(\d+)<", waiting) == ["1", "0", "0", "0"]
    assert "还没有做过全量核验" in html
    async with desk_office.database.transaction() as session:
        await session.execute(update(Inbox).values(state=InboxState.DEAD))
    html = await desk.page("/c/health")
    assert "gengyun inbox replay" in _check(html, "事件回调")
    assert html.index("<b>事件回调</b>") < html.index("<b>数据库 · 业务库</b>")
    assert (await (await desk_office.sit("hejing")).get("/c/health")).status_code == 403


async def test_health_tells_of_a_job_that_did_not_run(desk_office: Office) -> None:
    desk = await desk_office.sit("wangshan")
    assert "那一次没有跑" in _check(await desk.page("/c/health"), "任务 · 编排当天提醒")
    for job in desk_office.app.state.installation.jobs(AT):
        if job.due_at is not None:
            run = {"job": job.id, "planned_at": job.due_at, "worker": "w", "at": AT}
            async with desk_office.database.transaction() as session:
                await slots.take(session, **run)
                await slots.finish(session, **run)
    assert "那一次没有跑" not in await desk.page("/c/health")


async def test_health_tells_how_full_the_limits_of_wecom_are_and_what_is_closed(
    desk_office: Office,
) -> None:
    name = "企业微信的频率额度"
    desk = await desk_office.sit("gaoyuan")
    assert "这几天没有调用过" in _check(await desk.page("/c/health"), name)
    pace = desk_office.app.state.parts.pace
    async with pace.passing("externalcontact/get", {}):
        pass
    await pace.pacer.flush(all_of_them=True)
    told = _check(await desk.page("/c/health"), name)
    assert "最满的是 externalcontact/get：一分钟内 1 / 10,000 次" in told
    assert "欢迎语 0 次、服务与关怀 0 次、营销 0 次" in told
    await pace.pacer.refused("externalcontact/get", 45009)
    told = _check(await desk.page("/c/health"), name)
    assert "externalcontact/get 因频率被企业微信拒绝" in told
    assert "要看一下" in told
