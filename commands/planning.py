"""Plan a day, say why a customer is or is not in it; sync with WeCom; personas."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

import typer

from commands import plan_explained
from commands.opening import OPTIONS, answer, opened, run, say
from compliance import repository as decisions
from compliance.objections import BY_CODE
from content_library import repository as scripts_of
from crm_sync import personas_by_hand
from crm_sync.selection import customer_by_no
from crm_sync.sync.full import SyncReport
from delivery import merging
from delivery.repository import todos
from insights.known_elsewhere import known_elsewhere
from kit.clock import bank_date
from kit.errors import InputRefused
from wiring.jobs import personas_and_tiers, plan, sync
from wiring.parts import Parts

app = typer.Typer()
SHOWN = 20
"""How many members a report names; more is for machines."""


class DateRefused(InputRefused):
    """A date on the command line is not a date."""

    code = "E-2050"


def day_of(text: str | None, today: date) -> date:
    """``YYYY-MM-DD`` or today. Raises DateRefused."""
    if not text:
        return today
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DateRefused("日期写错了", saw=text[:20], do="写成 2026-11-22 这样") from None


@app.command("plan")
def plan_command(
    day: Annotated[str | None, typer.Option("--date", help="哪一天，默认今天")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只算不写")] = False,
    explain: Annotated[str | None, typer.Option("--explain", help="客户号：说明为什么")] = None,
) -> None:
    """编排一天的提醒：到期、开放日、生日、换卡、还款、客群内容。"""

    async def work() -> None:
        async with opened() as parts:
            at = parts.clock()
            on = day_of(day, bank_date(at))
            if explain is not None:
                await explain_one(parts, explain, on)
                return
            report = await plan(parts, on, at, by="system:cli", dry_run=dry_run)
            found = report.as_json()
            answer(found, f"{on}：考虑 {found['considered']} 件，安排 {found['planned']} 件")
            if OPTIONS["json"]:
                return
            for row in found["outcomes"]:
                say(
                    f"  {row['trigger']:<18} {row['channel']:<10} {row['outcome']:<12} {row['count']}"
                )
            titles = {one.name: one.title for one in parts.reminders.trigger}
            titles["campaign"] = "营销活动"
            for row in found["refused"]:
                saying = reason_in_words(row["reason"], titles)
                say(f"  不发 {row['trigger']:<16} {row['reason']} × {row['count']}  {saying}")
            for scene, number in found["without_script"].items():
                say(f"  没有已审核的话术：{scene} × {number}")
            if found["broadcasts"]:
                say(f"  群发任务 {found['broadcasts']} 个")

    run(work)


def reason_in_words(reason: str, titles: Mapping[str, str]) -> str:
    """Why something was not said, in words; empty where the reason says it itself.

    ``titles``: what triggers are called, by their names.
    """
    if reason in BY_CODE:
        return BY_CODE[reason].saying
    kind, _, winner = reason.partition(":")
    return f"当天先说“{titles.get(winner, winner)}”" if kind == "outranked" else ""


async def explain_one(parts: Parts, customer_no: str, day: date) -> None:
    """What became of each candidate of a day, then the gate's decisions as they were recorded."""
    async with parts.databases.bank.reading() as session:
        customer = await customer_by_no(session, customer_no)
        judged = await decisions.decisions_of(session, customer.customer_id, limit=20)
        waiting = await todos.page(session, units=None, customer_id=customer.customer_id, limit=20)
        lost = await merging.lost_of(session, customer.customer_id)
        edges = [tier.lowest_fen for tier in parts.tiers.tiers[1:]]
        told = await plan_explained.sentences(session, customer, day, parts.reminders, edges)
        scripts = {
            one.script.code: one.script.title
            for one in await scripts_of.library(session, limit=500)
        }
    rows: list[dict[str, Any]] = [
        {
            "key": one.key,
            "script": scripts.get(one.script.split("/")[0], one.script),
            "verdict": one.verdict,
            "reasons": [
                {
                    "code": code,
                    "saying": BY_CODE[code].saying,
                    "detail": one.details.get(code, ""),
                }
                for code in one.objections
            ],
        }
        for _, one in judged
    ]
    answer(
        {
            "customer_no": customer_no,
            "date": day.isoformat(),
            "sentences": plan_explained.as_json(told),
            "decisions": rows,
            "todos": [one.key for one in waiting],
            "channels": [
                {"key": one.key, "channel": one.channel, "reason": one.channel_reason}
                for one in waiting
            ],
            "outranked": [
                {"key": one.key, "winner": one.winner, "date": one.day.isoformat()} for one in lost
            ],
        },
        f"客户 {customer_no}",
    )
    for one in told:
        say(f"  {one.sentence}")
    if not told:
        say(f"  {plan_explained.nothing(customer, day)}")
    titles = {one.name: one.title for one in parts.reminders.trigger}
    for row in rows:
        if row["verdict"] == "pass":
            say(f"  可以：{row['script']}（{row['key']}）")
        for reason in row["reasons"]:
            say(f"  不发：{row['script']}，因为{reason['saying']}（{reason['code']}）")
            if reason["detail"]:
                say(f"        {reason['detail']}")
    for behind in lost:
        first = titles.get(behind.winner.partition(":")[0], behind.winner.partition(":")[0])
        mine = titles.get(behind.key.partition(":")[0], behind.trigger)
        say(f"  让位：{behind.day} 的“{mine}”没有说，因为当天先说“{first}”（{behind.winner}）")
    for todo in waiting:
        say(f"  渠道：{todo.channel_reason}（{todo.key}）")


@app.command("sync")
def sync_command(
    what: Annotated[str, typer.Argument(help="contacts | tags | groups | staff，默认全部")] = "all",
    accept_drops: Annotated[
        bool, typer.Option("--accept-drops", help="核对过了：一起消失的好友关系确实没有了")
    ] = False,
) -> None:
    """与企业微信对账，说出补上了哪些差异、哪些要人看。"""

    async def work() -> None:
        async with opened() as parts:
            report = await sync(parts, parts.clock(), what, accept_drops=accept_drops)
            answer(synced(report), *synced_lines(report))

    run(work)


MENDED = {
    "relations_new": "少的好友关系，补上",
    "relations_resumed": "又有了的好友关系，恢复",
    "relations_changed": "标签、备注等不同的好友关系，改正",
    "ended": "多的好友关系，结束",
    "contacts_changed": "昵称等不同的联系人，改正",
    "leavers_missing": "离职员工名下少的好友，补上",
    "leavers_ended": "离职员工名下已不在的好友，结束",
    "groups_created": "少的客户群，补上",
    "groups_changed": "不同的客户群，改正",
    "groups_dismissed": "已解散的客户群，结束",
}
"""What was mended, by kind."""


def synced(report: SyncReport) -> dict[str, Any]:
    """What a sync found, for machines: every count, what was withheld, whom WeCom hides."""
    return report.as_counts() | {
        "differences": report.differences,
        "withheld": report.withheld,
        "mended": report.mended,
        "leavers": report.waiting,
        "unreachable": report.unreachable,
    }


def synced_lines(report: SyncReport) -> list[str]:
    """The same for people: what was mended, then what waits for a person."""
    lines = [f"补上差异 {report.differences} 处"]
    lines += [f"  {MENDED.get(name, name)} {number}" for name, number in report.mended.items()]
    lines += [f"  {name}: {number}" for name, number in report.as_counts().items() if number]
    if report.withheld:
        lines.append(
            f"  保留 {report.withheld} 条：企业微信里一下子少了这么多好友关系，没有结束它们；"
            "先核对（可见范围、权限有没有变），确实没有了再加 --accept-drops"
        )
    for userid, number in list(report.waiting.items())[:SHOWN]:
        lines.append(f"  已离开 {userid}：还有 {number} 位好友没有接手人，见 gengyun handover list")
    for userid, number in list(report.unreachable.items())[:SHOWN]:
        lines.append(f"  看不到 {userid}：企业微信不再给出他的客户，名下 {number} 条关系保持原样")
    if len(report.unreachable) > SHOWN:
        lines.append(f"  看不到的成员共 {len(report.unreachable)} 名，--json 列出全部")
    return lines


@app.command("persona")
def persona_command(
    explain: Annotated[str | None, typer.Option("--explain", help="客户号：为什么有或没有")] = None,
) -> None:
    """重算客群与分层；--explain 说明一位客户为什么有这些标签。"""

    async def work() -> None:
        async with opened() as parts:
            if explain is None:
                counts = dict(await personas_and_tiers(parts, parts.clock()))
                answer(
                    counts,
                    f"客户 {counts['customers']}，变化 {counts['changed']}",
                    *(f"  {name}: {number}" for name, number in counts["members"].items()),
                )
                return
            await _explain_personas(parts, explain)

    run(work)


async def _explain_personas(parts: Parts, customer_no: str) -> None:
    async with parts.databases.bank.reading() as session:
        found = await personas_by_hand.explain(
            session,
            customer_no,
            parts.personas,
            parts.clock(),
            tiers=parts.tiers,
            outside=known_elsewhere(),
        )
    answer(asdict(found), f"客户 {customer_no}")
    for one in found.personas:
        mark = "是" if one.member else "否"
        main = "（主要客群）" if one.is_primary else ""
        say(f"  {mark} {one.title}{main}：{'；'.join(one.why if one.member else one.why_not)}")
