"""``gengyun allocate``: lists into plans, plans decided by a second person, claims."""

import csv
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from commands.opening import answer, answer_lines, opened, run, say
from config import policy_catalogue
from crm_sync.access import viewer
from crm_sync.facts import Viewer
from crm_sync.repository import ownership, staff
from crm_sync.rules.conditions import Frame
from insights.known_elsewhere import known_elsewhere
from portfolio.allocation import claims, deciding, lists, repository
from portfolio.allocation.facts import LineFact, Method, PlanFact
from portfolio.allocation.jobs import draft_month_end
from portfolio.allocation.lists import Listed
from portfolio.allocation.planning import METHODS, Proposal, propose
from portfolio.errors.ownership import AllocationRefused, ListUnknown, PlanUnknown
from wiring.parts import Parts

allocate = typer.Typer(help="管户分配：编制方案、批准、驳回、认领", no_args_is_help=True)
CUSTOMERS = typer.Option("--customers", help="客户号文件：一列 customer_no（或每行一个客户号）")
LONGEST = 1_000_000
SEGMENT = "segment:"


def numbers_of(path: Path) -> list[str]:
    """The customer numbers of a file: the column customer_no, else the first. Raises ListUnknown."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row in csv.reader(file) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ListUnknown(
            "读不出客户号文件", saw=path.name[:40], do="给一份 UTF-8 的文本或 CSV，一行一个客户号"
        ) from error
    place = 0
    if rows and "customer_no" in rows[0]:
        place = rows[0].index("customer_no")
        rows = rows[1:]
    if len(rows) > LONGEST:
        raise ListUnknown("客户号文件太长", saw=f"{len(rows)} 行", do=f"每份不超过 {LONGEST} 行")
    return [row[place] for row in rows if len(row) > place]


async def _listed(
    session: AsyncSession, parts: Parts, name: str, path: Path | None, unit: str
) -> tuple[Listed, list[str]]:
    if path is not None:
        return await lists.of_numbers(session, numbers_of(path), f"客户号文件 {path.name}")
    units = await staff.units(session)
    root = next((one for one in units if one.unit_id == unit), None)
    below = [one.unit_id for one in units if root and one.path.startswith(root.path)]
    if name.startswith(SEGMENT):
        frame = Frame(parts.clock(), parts.personas, parts.tiers)
        code = name.removeprefix(SEGMENT)
        return await lists.of_segment(session, code, below, frame, known_elsewhere()), []
    policy = parts.shelf.of(policy_catalogue.OWNERSHIP)
    return lists.named(session, name, below, policy, parts.tiers), []


async def _person(session: AsyncSession, parts: Parts, staff_id: str) -> Viewer:
    relations = parts.shelf.of(policy_catalogue.OWNERSHIP).relations
    return await viewer(session, staff_id, parts.clock(), relations)


@allocate.command("propose")
def propose_command(
    method: Annotated[str, typer.Argument(help="familiarity | balance | level | persona")],
    unit: Annotated[str, typer.Option("--unit", help="机构号")],
    by: Annotated[str, typer.Option("--by", help="编制人工号")],
    name: Annotated[str, typer.Option("--list", help="名单：unowned、recalled、everybody、persona:客群、owner:工号、band:资产段、segment:客群规则编号")] = "unowned",
    customers: Annotated[Path | None, CUSTOMERS] = None,
    kind: Annotated[str, typer.Option("--kind", help="owner | persona | corporate")] = "",
    reallocate: Annotated[bool, typer.Option("--reallocate", help="已有管户人的也重新分")] = False,
) -> None:  # fmt: skip
    """编制一份分配方案；批准之前谁的管户都不变。"""

    async def work() -> None:
        chosen = _method(method)
        async with opened() as parts, parts.databases.bank.transaction() as session:
            await _person(session, parts, by)
            listed, unknown = await _listed(session, parts, name, customers, unit)
            given = kind or ("persona" if chosen is Method.PERSONA else "owner")
            made = await propose(
                session,
                Proposal(chosen, unit, listed, kind=given, reallocate=reallocate),
                policy=parts.shelf.of(policy_catalogue.OWNERSHIP),
                by=f"staff:{by}",
                at=parts.clock(),
            )
            left = await repository.unplaced_by_reason(session, made.plan_id)
            answer(
                {
                    "plan": str(made.plan_id),
                    **made.counts,
                    "unknown": unknown,
                    "why": [{"reason": reason, "customers": number} for reason, number in left],
                },
                f"方案 {made.plan_id}：名单 {made.counts['listed']} 户，拟分配 {made.counts['placed']}，"
                f"不动 {made.counts['kept']}，没有分出去 {made.counts['unplaced']}；等待批准",
                *(f"  {number} 户：{reason}" for reason, number in left),
                *(
                    [f"  不认识的客户号 {len(unknown)} 个：{'、'.join(unknown[:5])}"]
                    if unknown
                    else []
                ),
            )

    run(work)


def _method(text: str) -> Method:
    known = [one.value for one in Method if one is not Method.DIRECT]
    if text not in known:
        raise AllocationRefused("没有这种分配办法", saw=text[:20], do="、".join(known))
    return Method(text)


@allocate.command("list")
def list_command(
    unit: Annotated[str, typer.Option("--unit", help="只看这个机构编制的")] = "",
    state: Annotated[str, typer.Option("--state", help="pending | applied | refused | withdrawn")] = "",
) -> None:  # fmt: skip
    """分配方案，新的在前。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            found = await repository.plans(session, [unit] if unit else None, state=state)
            number = answer_lines([_shown(one) for one in found], _line)
            if not number:
                say("还没有分配方案")

    run(work)


def _shown(one: PlanFact) -> dict[str, Any]:
    plain = asdict(one)
    return plain | {"id": str(one.id), "method_text": METHODS[Method(one.method)]}


def _line(one: Any) -> str:
    counts = one["counts"]
    return (
        f"{one['id']} {one['unit_id']} {one['method_text']} {one['listed']} {one['state']}"
        f" 拟分配 {counts['placed']} 没有分出去 {counts['unplaced']}"
    )


@allocate.command("show")
def show_command(
    plan: Annotated[int, typer.Argument(help="方案编号")],
    limit: Annotated[int, typer.Option("--limit", help="列出多少行")] = 50,
) -> None:
    """一份方案：每个人前后的户数，每位客户从谁到谁、为什么。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            found = await repository.plan(session, plan)
            if found is None:
                raise PlanUnknown(
                    "没有这个分配方案", saw=str(plan), do="用 gengyun allocate list 看编号"
                )
            loads = await repository.shifts(session, found)
            rows = await repository.lines(session, plan, limit=limit)
            answer(
                {
                    "plan": _shown(found),
                    "loads": [asdict(one) | {"after": one.after} for one in loads],
                    "lines": [asdict(one) for one in rows],
                },
                _line(_shown(found)),
                *(f"  {one.staff_id}：{one.before} → {one.after}" for one in loads),
                *(_move(one) for one in rows),
            )

    run(work)


def _move(one: LineFact) -> str:
    return (
        f"  客户 {one.customer_id}：{one.from_staff or '无'} → {one.to_staff or '无'}，{one.reason}"
    )


@allocate.command("approve")
def approve_command(
    plan: Annotated[int, typer.Argument(help="方案编号")],
    by: Annotated[str, typer.Option("--by", help="审批人工号，不能是编制人")],
    opinion: Annotated[str, typer.Option("--opinion", help="审批意见")],
) -> None:
    """批准一份方案并立即生效。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.transaction() as session:
            done = await deciding.approve(
                session,
                plan,
                viewer=await _person(session, parts, by),
                policy=parts.shelf.of(policy_catalogue.OWNERSHIP),
                opinion=opinion,
                at=parts.clock(),
            )
            answer(
                {"plan": str(plan), **asdict(done)},
                f"已生效：{done.moved} 户换了管户人，{done.stale} 户因情况有变保持不动",
            )

    run(work)


@allocate.command("refuse")
def refuse_command(
    plan: Annotated[int, typer.Argument(help="方案编号")],
    by: Annotated[str, typer.Option("--by", help="审批人工号")],
    opinion: Annotated[str, typer.Option("--opinion", help="审批意见")],
) -> None:
    """驳回一份方案。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.transaction() as session:
            await deciding.refuse(
                session,
                plan,
                viewer=await _person(session, parts, by),
                policy=parts.shelf.of(policy_catalogue.OWNERSHIP),
                opinion=opinion,
                at=parts.clock(),
            )
            answer({"plan": str(plan), "state": "refused"}, "已驳回")

    run(work)


@allocate.command("withdraw")
def withdraw_command(
    plan: Annotated[int, typer.Argument(help="方案编号")],
    by: Annotated[str, typer.Option("--by", help="编制人工号")],
) -> None:
    """编制人撤回自己的方案。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.transaction() as session:
            await deciding.withdraw(session, plan, by=f"staff:{by}", at=parts.clock())
            answer({"plan": str(plan), "state": "withdrawn"}, "已撤回")

    run(work)


@allocate.command("claim")
def claim_command(
    staff_id: Annotated[str, typer.Argument(help="认领人工号")],
    customers: Annotated[Path, CUSTOMERS],
    note: Annotated[str, typer.Option("--note", help="怎么认识的")] = "",
) -> None:
    """登记熟悉度认领：这个人熟悉这些客户。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.transaction() as session:
            listed, unknown = await lists.of_numbers(session, numbers_of(customers), "认领")
            new = await claims.claim(
                session, staff_id, listed.ids, note=note, by="system:cli", at=parts.clock()
            )
            answer(
                {"staff": staff_id, "new": new, "unknown": unknown},
                f"新登记 {new} 条认领，不认识的客户号 {len(unknown)} 个",
            )

    run(work)


@allocate.command("month-end")
def month_end_command() -> None:
    """现在就编制本月的方案草稿；每月最后一天也会自动编制。"""

    async def work() -> None:
        async with opened() as parts:
            policy = parts.shelf.of(policy_catalogue.OWNERSHIP)
            done = await draft_month_end(parts.databases.bank, policy, parts.tiers, parts.clock())
            counts = done.as_counts()
            answer(
                counts,
                f"{counts['branches']} 个分支机构，新编制 {counts['made']} 份，已有 {counts['already']} 份",
            )

    run(work)


@allocate.command("managers")
def managers_command(
    number: Annotated[str, typer.Argument(help="客户号")],
) -> None:
    """一位客户现在和从前的管户人、客群经理、对公经理。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            known = await ownership.ids_of_numbers(session, [number])
            if number not in known:
                raise ListUnknown("没有这位客户", saw=number[:40], do="核对客户号")
            now = await ownership.managers_of(session, known[number])
            past = await ownership.past_managers(session, known[number])
            answer(
                {
                    "customer_no": number,
                    "now": [asdict(one) for one in now],
                    "past": [asdict(one) for one in past],
                },
                *(f"{one.kind} {one.staff_id} 自 {one.since:%Y-%m-%d}" for one in now),
                *(
                    f"从前 {one.kind} {one.staff_id} 到 {one.ended_at:%Y-%m-%d}（{one.reason}）"
                    for one in past
                ),
            )

    run(work)
