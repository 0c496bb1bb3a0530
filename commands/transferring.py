"""``gengyun transfers``: the month's batch, the forms, each step; the direct team's list."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from commands.opening import answer, answer_lines, opened, run, say
from config import policy_catalogue
from config.ownership_policy import OwnershipPolicy
from crm_sync.access import viewer
from crm_sync.facts import Viewer
from portfolio.direct_team.service import hand_up
from portfolio.transfers import batch, repository, steps
from portfolio.transfers.jobs import watch
from wiring.parts import Parts

transfers = typer.Typer(
    help="提升移交：批次、审批、介绍、联系、归档；直营名单", no_args_is_help=True
)
FORM = typer.Argument(help="审批表编号")
BY = typer.Option("--by", help="办理人工号")


def _policy(parts: Parts) -> OwnershipPolicy:
    return parts.shelf.of(policy_catalogue.OWNERSHIP)


async def _person(session: AsyncSession, parts: Parts, staff_id: str) -> Viewer:
    return await viewer(session, staff_id, parts.clock(), _policy(parts).relations)


@transfers.command("batch")
def batch_command() -> None:
    """编制本月批次：日均大于界线、管户人岗位不在该层级的客户；每月 1 日也会自动编制。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.transaction() as session:
            made = await batch.propose_batch(session, policy=_policy(parts), at=parts.clock())
            answer(
                {"month": f"{made.month:%Y-%m}", "forms": made.made, "unplaced": made.unplaced},
                f"{made.month:%Y-%m} 批次：新编制 {made.made} 张，范围内没有该层级岗位的 {made.unplaced} 户",
            )

    run(work)


@transfers.command("list")
def list_command(
    state: Annotated[str, typer.Option("--state", help="proposed | approved | introduced | contacted | confirmed | refused")] = "",
    late: Annotated[bool, typer.Option("--late", help="只看联系逾期的")] = False,
) -> None:  # fmt: skip
    """移交审批表，新的在前。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            found = await repository.forms(session, None, state=state, late=late, limit=500)
            rows: list[dict[str, Any]] = [asdict(one) | {"id": str(one.id)} for one in found]
            if not answer_lines(rows, _line):
                say("没有移交审批表")

    run(work)


def _line(one: Any) -> str:
    late = " 联系逾期" if one["overdue_at"] else ""
    return (
        f"{one['id']} {one['unit_id']} 客户 {one['customer_id']} {one['from_staff'] or '无'} →"
        f" {one['to_staff']} {one['state']}{late}"
    )


@transfers.command("approve")
def approve_command(
    form: Annotated[int, FORM],
    by: Annotated[str, BY],
    opinion: Annotated[str, typer.Option("--opinion", help="审批意见")],
) -> None:
    """营业经理批准移交。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.transaction() as session:
            await steps.approve(
                session,
                [form],
                viewer=await _person(session, parts, by),
                policy=_policy(parts),
                desk=parts.desk,
                opinion=opinion,
                at=parts.clock(),
            )
            answer({"form": str(form), "state": "approved"}, "已批准，等待原客户经理介绍")

    run(work)


@transfers.command("introduced")
def introduced_command(
    form: Annotated[int, FORM],
    by: Annotated[str, BY],
    how: Annotated[str, typer.Option("--how", help="怎么介绍的")] = "已介绍",
) -> None:
    """登记原客户经理已介绍，客户移交给新客户经理。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.transaction() as session:
            await _person(session, parts, by)
            await steps.introduce(
                session,
                [form],
                how=how,
                by=f"staff:{by}",
                policy=_policy(parts),
                desk=parts.desk,
                at=parts.clock(),
            )
            answer({"form": str(form), "state": "introduced"}, "已移交，新客户经理应按时联系")

    run(work)


@transfers.command("contacted")
def contacted_command(
    form: Annotated[int, FORM],
    by: Annotated[str, BY],
    how: Annotated[str, typer.Option("--how", help="怎么联系的")] = "已联系",
) -> None:
    """登记新客户经理已联系。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.transaction() as session:
            await _person(session, parts, by)
            await steps.contact(session, [form], how=how, by=f"staff:{by}", at=parts.clock())
            answer({"form": str(form), "state": "contacted"}, "已登记，等待确认归档")

    run(work)


@transfers.command("confirm")
def confirm_command(form: Annotated[int, FORM], by: Annotated[str, BY]) -> None:
    """确认归档，审批表从此锁定。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.transaction() as session:
            done = await steps.confirm(
                session,
                form,
                viewer=await _person(session, parts, by),
                policy=_policy(parts),
                at=parts.clock(),
            )
            answer({"form": str(form), "sealed": done.sealed}, f"已归档，摘要 {done.sealed[:16]}…")

    run(work)


@transfers.command("watch")
def watch_command() -> None:
    """看谁介绍了、谁联系了、谁逾期了；每十分钟也会自动看。"""

    async def work() -> None:
        async with opened() as parts:
            seen = await watch(parts.databases.bank, _policy(parts), parts.desk, parts.clock())
            counts = seen.as_counts()
            answer(
                counts,
                f"已介绍 {counts['introduced']}，已联系 {counts['contacted']}，"
                f"介绍逾期 {counts['late_introductions']}，联系逾期 {counts['late_contacts']}",
            )

    run(work)


@transfers.command("hand-up")
def hand_up_command(
    unit: Annotated[str, typer.Argument(help="上交名单的机构号")],
    by: Annotated[str, BY],
    band: Annotated[str, typer.Option("--band", help="资产段，默认按策略")] = "",
) -> None:
    """编制一个机构今年给远程直营团队的名单；由机构负责人用 gengyun allocate approve 同意。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.transaction() as session:
            await _person(session, parts, by)
            made = await hand_up(
                session, unit, policy=_policy(parts), by=f"staff:{by}", at=parts.clock(), band=band
            )
            answer(
                {"plan": str(made.plan_id), **made.counts},
                f"名单 {made.plan_id}：{made.counts['placed']} 户，等待机构负责人同意",
            )

    run(work)
