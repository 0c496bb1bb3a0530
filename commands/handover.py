"""Customers change hands: start a handover, carry it on, see who was taken, who refused, who waits."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

from commands.opening import answer, answer_lines, opened, run, say
from config import policy_catalogue
from crm_sync.access import viewer
from crm_sync.facts import Viewer
from portfolio.approvers import demand_approver
from portfolio.handover import planning, store
from portfolio.handover.errors import HandoverUnknown, SecondPersonNeeded
from portfolio.handover.facts import (
    CONTACT,
    GONE,
    GROUP,
    KEPT,
    KINDS,
    LIMIT,
    REFUSED,
    STATES,
    TAKEN,
    UNSETTLED,
    LineFact,
    RunFact,
    sentence_of,
)
from wiring import handovers
from wiring.parts import Parts

handover = typer.Typer(help="客户移交（在职继承、离职继承）", no_args_is_help=True)
BY: Final = "system:cli"
MOST: Final = 200_000
LISTS: Final = {
    "success": (TAKEN,),
    "refused": (REFUSED,),
    "waiting": UNSETTLED,
    "limit": (LIMIT,),
    "other": (GONE, KEPT),
}
"""Every state is in one list, so that the lists add up to all lines."""
KIND_WORDS: Final = {"customer": "业绩归属", "contact": "好友", "group": "客户群"}
WORDS: Final = {
    "success": "已接手", "refused": "客户拒绝", "waiting": "在办", "limit": "到上限", "other": "没有办成或已不在",
}  # fmt: skip


@handover.command("start")
def start_command(
    staff_id: Annotated[str, typer.Argument(help="移出人：工号，或已不在员工文件里的企业微信账号")],
    to: Annotated[list[str] | None, typer.Option("--to", help="接手人工号，可写多次")] = None,
    reason: Annotated[str, typer.Option("--reason", help="为什么移交")] = "人员变动",
    resigned: Annotated[
        bool | None, typer.Option("--resigned/--on-job", help="离职或在职，默认问企业微信")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="拟定人工号；写了才能在命令行批准")] = "",
) -> None:
    """拟定一次移交；由另一位同事批准（/c/handovers 或 approve）之后才开始办。"""

    async def work() -> None:
        async with opened() as parts:
            kind = {True: "resigned", False: "on_job", None: ""}[resigned]
            planned_by = BY
            if by:
                planned_by = f"staff:{(await _person(parts, by)).staff_id}"
            started = await handovers.start(
                parts, staff_id, to or [], by=planned_by, reason=reason, kind=kind
            )
            answer(
                told(started.run) | {"unassigned_in_wecom": started.unassigned},
                f"移交 {started.run.run_id}：{staff_id}，{_kind(started.run)}，等另一位同事批准",
                *lines_of(started.run),
            )
            if started.run.nobody:
                say(f"  还有 {started.run.nobody} 项没有接手人：加 --to 再拟一次")

    run(work)


@handover.command("list")
def list_command(
    state: Annotated[
        str | None, typer.Option("--state", help="draft | planned | running | finished | open")
    ] = None,
) -> None:
    """列出移交，新的在前。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            found = await store.runs(session, state=state, limit=1_000)
            answer_lines(
                (told(one) for one in found),
                lambda row: f"{row['run_id']}  {row['staff_id']}  {row['state']}  {row['counts']}",
            )

    run(work)


@handover.command("status")
def status_command(
    run_id: Annotated[int, typer.Argument(help="移交编号")],
) -> None:
    """一次移交办到哪里：办成、拒绝、等待各有哪些，加起来就是全部。"""

    async def work() -> None:
        async with opened() as parts:
            await _show(parts, run_id)

    run(work)


@handover.command("approve")
def approve_command(
    run_id: Annotated[int, typer.Argument(help="移交编号")],
    by: Annotated[str, typer.Option("--by", help="批准人工号，不能是拟定人")],
) -> None:
    """批准一次移交：业绩归属立即变更，企业微信里逐批移交。"""

    async def work() -> None:
        async with opened() as parts:
            found, person = await _one(parts, run_id), await _person(parts, by)
            if found.planned_by == BY:
                raise SecondPersonNeeded(
                    "拟定时没有写是谁，命令行看不出批准的是不是另一个人",
                    saw=found.planned_by,
                    do="在 /c/handovers 批准，或用 gengyun handover start … --by 工号 再拟一次",
                )
            policy = parts.shelf.of(policy_catalogue.OWNERSHIP)
            async with parts.databases.bank.transaction() as session:
                await demand_approver(session, person, found.unit_id, found.planned_by, policy)
                moved = await planning.approve(
                    session, run_id, by=f"staff:{person.staff_id}", at=parts.clock()
                )
            answer(
                {"run_id": run_id, "state": "running", "customers": moved},
                f"移交 {run_id} 已批准：{moved} 户换了经理，企业微信里的移交由系统逐批去办",
            )

    run(work)


@handover.command("run")
def run_command(
    run_id: Annotated[int | None, typer.Argument(help="移交编号，默认全部")] = None,
) -> None:
    """立即办一轮：读结果、提交下一批。不到时间的结果也读。"""

    async def work() -> None:
        async with opened() as parts:
            if run_id is not None:
                await _one(parts, run_id)
            counts = dict(await handovers.carry_on(parts, run_id=run_id, everything=True))
            answer(counts, *(f"  {name}: {number}" for name, number in counts.items()))

    run(work)


@handover.command("cancel")
def cancel_command(
    run_id: Annotated[int, typer.Argument(help="移交编号")],
    reason: Annotated[str, typer.Option("--reason", help="为什么撤销")] = "不再需要",
) -> None:
    """撤销还没有批准的移交。"""

    async def work() -> None:
        async with opened() as parts:
            async with parts.databases.bank.transaction() as session:
                await planning.cancel(session, run_id, by=BY, reason=reason, at=parts.clock())
            answer({"run_id": run_id, "state": "cancelled"}, f"移交 {run_id} 已撤销")

    run(work)


async def _person(parts: Parts, staff_id: str) -> Viewer:
    relations = parts.shelf.of(policy_catalogue.OWNERSHIP).relations
    async with parts.databases.bank.reading() as session:
        return await viewer(session, staff_id, parts.clock(), relations)


async def _one(parts: Parts, run_id: int) -> RunFact:
    async with parts.databases.bank.reading() as session:
        found = await store.one(session, run_id)
    if found is None:
        raise HandoverUnknown("没有这次移交", saw=str(run_id), do="gengyun handover list")
    return found


async def _show(parts: Parts, run_id: int) -> None:
    found = await _one(parts, run_id)
    listed: dict[str, list[dict[str, Any]]] = {}
    async with parts.databases.bank.reading() as session:
        for name, states in LISTS.items():
            rows = await store.lines(session, run_id, states=states, limit=MOST)
            listed[name] = [_line(row) for row in rows if row.kind in (CONTACT, GROUP)]
    value = told(found) | {"total": sum(map(len, listed.values())), **listed}
    answer(
        value,
        f"移交 {run_id}：{found.staff_id}，{_kind(found)}，{found.state}",
        *lines_of(found),
        *(f"  {WORDS[name]} {len(rows)}" for name, rows in listed.items()),
    )


def told(found: RunFact) -> dict[str, Any]:
    """A handover for machines."""
    counts = {
        kind: {
            state: found.in_state(kind, state) for state in STATES if found.in_state(kind, state)
        }
        for kind in KINDS
    }
    return {
        "run_id": found.run_id,
        "staff_id": found.staff_id,
        "kind": found.kind,
        "state": found.state,
        "takers": list(found.takers),
        "nobody": found.nobody,
        "counts": counts,
    }


def lines_of(found: RunFact) -> Sequence[str]:
    """How many of each kind, for people."""
    return [f"  {KIND_WORDS[kind]} {found.of_kind(kind)}" for kind in KINDS if found.of_kind(kind)]


def _kind(found: RunFact) -> str:
    return "离职继承" if found.kind == "resigned" else "在职继承"


def _line(row: LineFact) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "item": row.item,
        "customer_id": row.customer_id,
        "to": row.to_staff_id,
        "state": row.state,
        "code": row.code,
        "saying": sentence_of(row.code),
    }
