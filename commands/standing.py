"""Where customers stand, at the command line: evaluate, say the shares, explain one customer."""

from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from commands.opening import answer, opened, run
from config import policy_catalogue as kinds
from crm_sync.leads import queue
from crm_sync.rules import leads as lead_rules
from crm_sync.rules import standing_words as words
from crm_sync.selection import customer_by_no
from crm_sync.standing import filing, reading
from kit.clock import bank_date
from wiring import standing
from wiring.parts import Parts

app = typer.Typer()


@app.command("standing")
def standing_command(
    everybody: Annotated[
        bool, typer.Option("--all", help="先把每位客户重算一遍；不写则只算导入动过的")
    ] = False,
    explain: Annotated[
        str | None, typer.Option("--explain", help="客户号：说明分类、活跃、档案与线索")
    ] = None,
) -> None:
    """客户现状：A/B/C/D 分类、活跃状态、建档率、商机线索，算好再说。"""

    async def work() -> None:
        async with opened() as parts:
            if explain is not None:
                await _explain(parts, explain)
                return
            at = parts.clock()
            done = await (standing.everybody if everybody else standing.changed)(parts, at)
            async with parts.databases.bank.reading() as session:
                found = await _shares(session, parts)
            answer(
                {"evaluated": dict(done), **found},
                f"算了 {done['customers']} 户，改动 {done['standings_written']} 户",
                *_lines(found),
            )

    run(work)


async def _shares(session: AsyncSession, parts: Parts) -> dict[str, Any]:
    policy = parts.shelf.of(kinds.STANDING)
    leads = parts.shelf.of(kinds.LEADS)
    grades = await reading.by_grade(session, None)
    whole = sum(one.customers for one in grades) or 1
    expected = {"A": policy.grade.expected_a, "B": policy.grade.expected_b}
    counted = await queue.counts(session, queue.Wanted())
    return {
        "grades": [
            {
                "grade": grade,
                "customers": number,
                "percent": round(100 * number / whole, 1),
                "expected_percent": expected.get(grade),
                "kinds": {one.kind: one.customers for one in grades if one.name == grade},
            }
            for grade in words.GRADES
            if (number := sum(one.customers for one in grades if one.name == grade)) >= 0
        ],
        "activities": [
            {"activity": one.name, "kind": one.kind, "customers": one.customers}
            for one in await reading.by_activity(session, None)
        ],
        "files": [
            {
                "target": one.target.name,
                "customers": one.customers,
                "filed": one.filed,
                "target_percent": one.target.percent,
                "under": one.under,
            }
            for one in await filing.rates(session, policy, None, None)
        ],
        "leads": [
            {"finder": finder.name, "title": finder.title, "level": level, "leads": number}
            for finder in leads.finder
            for level in lead_rules.LEVELS
            if (number := counted.get((finder.name, level), 0))
        ],
    }


def _lines(found: dict[str, Any]) -> list[str]:
    lines = []
    for one in found["grades"]:
        about = f"（约 {one['expected_percent']}%）" if one["expected_percent"] else ""
        lines.append(f"  {one['grade']} 类 {one['customers']:>8} 户  {one['percent']:>5}%{about}")
    lines += [
        f"  {words.activity_text(one['activity'], one['kind'])} {one['customers']} 户"
        for one in found["activities"]
    ]
    lines += [
        f"  建档 {one['target']}：{one['filed']}/{one['customers']} 户，目标 {one['target_percent']}%"
        + ("，未达标" if one["under"] else "")
        for one in found["files"]
    ]
    lines += [
        f"  线索 {one['title']} {lead_rules.LEVELS[one['level']]}：{one['leads']} 条"
        for one in found["leads"]
    ]
    return lines


async def _explain(parts: Parts, customer_no: str) -> None:
    at = parts.clock()
    policy, finders = parts.shelf.of(kinds.STANDING), parts.shelf.of(kinds.LEADS)
    async with parts.databases.bank.reading() as session:
        customer = await customer_by_no(session, customer_no)
        number = customer.customer_id
        told = await reading.explained(
            session, number, policy, bank_date(at), standing.contacted(parts, at)
        )
        leads = await queue.page(session, queue.Wanted(customer_id=number, state=""))
    assert told is not None  # noqa: S101 — the customer was found a moment ago
    known, stood = told.known, told.stood
    by_name = {one.name: one for one in finders.finder}
    found = [
        {
            "finder": one.finder,
            "title": finders.titled(one.finder),
            "level": one.level,
            "state": one.state,
            "why": list(lead_rules.reasons(by_name[one.finder], one.facts, bank_date(one.found_at)))
            if one.finder in by_name
            else [],
        }
        for one in leads
    ]
    missing = words.missing_items(known, policy)
    answer(
        {
            "customer_no": customer_no,
            "grade": stood.grade,
            "grade_kind": stood.grade_kind,
            "grade_reason": words.grade_reason(known, stood, policy),
            "activity": stood.activity,
            "dormant_kind": stood.dormant_kind,
            "activity_reason": words.activity_reason(known, stood, policy, bank_date(at)),
            "completeness": stood.completeness,
            "missing": {title: list(items) for title, items in missing},
            "average_fen": stood.average_fen,
            "snapshots": stood.snapshots,
            "peak_fen": stood.peak_fen,
            "leads": found,
        },
        f"客户 {customer_no}",
        f"  {stood.grade} 类：{words.grade_reason(known, stood, policy)}",
        f"  {words.activity_text(stood.activity, stood.dormant_kind)}："
        + words.activity_reason(known, stood, policy, bank_date(at)),
        f"  档案完整度 {stood.completeness}%",
        *(f"    缺 {title}：{'、'.join(items)}" for title, items in missing),
        *(f"  线索 {one['title']}（{one['state']}）：{'；'.join(one['why'])}" for one in found),
    )
