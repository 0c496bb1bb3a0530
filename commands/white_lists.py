"""``gengyun allow``: white lists of products, each entry by two people and until a day."""

from datetime import date
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from commands.benefits import file_ids, units_by_roles, units_of_giver
from commands.opening import answer, answer_lines, opened, run
from compliance import allow_list
from compliance.errors import EntryRefused, EntryUnknown
from config import policy_catalogue
from crm_sync.access import viewer
from crm_sync.repository import products
from crm_sync.repository.people import ids_in, units_of_customers
from wiring.parts import Parts

allow = typer.Typer(help="产品白名单：列出、申请、批准、撤下", no_args_is_help=True)
STATES: Final = {"proposed": "等批准", "approved": "有效", "refused": "未同意", "revoked": "已撤下"}
DECIDERS: Final = frozenset({"ops", "compliance"})
Ids = Annotated[list[int], typer.Argument(help="编号，见 gengyun allow list")]
By = Annotated[str, typer.Option("--by", help="办理人工号")]
Opinion = Annotated[str, typer.Option("--opinion", help="意见，写入日志")]


@allow.command("list")
def list_command(
    product: Annotated[str, typer.Option("--product", help="产品代码")] = "",
    state: Annotated[str, typer.Option("--state", help="proposed | approved | refused | revoked")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000)] = 1_000,
) -> None:  # fmt: skip
    """列出白名单，先申请的在前；客户用内部编号。"""

    async def work() -> None:
        if state and state not in STATES:
            raise EntryRefused("没有这种状态", saw=state[:20], do="、".join(STATES))
        async with opened() as parts, parts.databases.bank.reading() as session:
            found = await allow_list.entries(
                session, product_code=product or None,
                states=(state,) if state else tuple(STATES), limit=limit,
            )  # fmt: skip
        answer_lines(
            (
                {
                    "id": one.entry_id,
                    "product": one.product_code,
                    "customer": one.customer_id,
                    "state": one.state,
                    "until": one.expires_on.isoformat(),
                    "reason": one.reason,
                    "proposed_by": one.proposed_by,
                    "decided_by": one.decided_by,
                }
                for one in found
            ),
            lambda row: (
                f"{row['id']}  {row['product']}  客户 {row['customer']}  {STATES[row['state']]}"
                f"  到 {row['until']}"
            ),
        )

    run(work)


@allow.command("propose")
def propose_command(
    product: Annotated[str, typer.Argument(help="产品代码")],
    file: Annotated[Path, typer.Option("--file", help="客户号文件")],
    until: Annotated[str, typer.Option("--until", help="到期日，例如 2026-12-31")],
    reason: Annotated[str, typer.Option("--reason", help="依据，写入日志")],
    by: By,
) -> None:
    """申请：一个文件都报上，或者一位也不报；批准之前谁也看不到。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.transaction() as session:
            if product not in await products.by_code(session, [product]):
                raise EntryRefused("没有这个产品", saw=product[:40], do="在产品库里核对代码")
            try:
                day = date.fromisoformat(until)
            except ValueError:
                raise EntryRefused("到期日写错了", saw=until[:20], do="写成 2026-12-31") from None
            units = await units_of_giver(session, parts, by)
            ids, unknown = await file_ids(session, file)
            if units is not None:
                where = await units_of_customers(session, ids)
                unknown += [ids[one] for one in ids if where.get(one) not in units]
            if unknown:
                raise EntryRefused(
                    "有客户号不存在，或不在办理人的机构范围内，这次一位也没有申请",
                    saw=f"{len(unknown)} 个，例如 {unknown[0][:20]}",
                    do="核对客户号",
                )
            made = await allow_list.propose_entries(
                session, product, ids, reason=reason, expires_on=day, by=f"staff:{by}",
                at=parts.clock(),
            )  # fmt: skip
        answer({"product": product, "proposed": made}, f"申请 {made} 位，等另一位同事批准")

    run(work)


async def _decider(session: AsyncSession, parts: Parts, by: str, entry_ids: list[int]) -> str:
    """Who decides, as the ledger names them. Raises EntryRefused without the role, EntryUnknown
    where the customer of an entry is out of their sight, as the page does."""
    relations = parts.shelf.of(policy_catalogue.OWNERSHIP).relations
    who = await viewer(session, by, parts.clock(), relations)
    if not DECIDERS & set(who.roles):
        raise EntryRefused("这个人不能批准白名单", saw=by[:20], do="要有运营或合规角色")
    units = await units_by_roles(session, who, DECIDERS)
    seen = await allow_list.entries(
        session, states=tuple(STATES), ids=entry_ids, within=ids_in(units), limit=len(entry_ids)
    )
    if unseen := set(entry_ids) - {one.entry_id for one in seen}:
        raise EntryUnknown(
            "没有这条白名单申请，或不在办理人的机构范围内，这次一条也没有办",
            do="去掉它，或请机构范围够的同事办理",
            entry_id=min(unseen),
        )
    return f"staff:{by}"


@allow.command("approve")
def approve_command(ids: Ids, by: By, opinion: Opinion) -> None:
    """批准申请；申请人不能批准自己的。"""
    _decide(ids, by, opinion, agree=True)


@allow.command("refuse")
def refuse_command(ids: Ids, by: By, opinion: Opinion) -> None:
    """不同意申请。"""
    _decide(ids, by, opinion, agree=False)


def _decide(ids: list[int], by: str, opinion: str, *, agree: bool) -> None:
    async def work() -> None:
        async with opened() as parts, parts.databases.bank.transaction() as session:
            number = await allow_list.decide_entries(
                session, ids, agree=agree, opinion=opinion,
                by=await _decider(session, parts, by, ids), at=parts.clock(),
            )  # fmt: skip
        done = "approved" if agree else "refused"
        answer({done: number}, f"{STATES[done]} {number} 条")

    run(work)


@allow.command("revoke")
def revoke_command(ids: Ids, by: By, opinion: Opinion) -> None:
    """立即撤下。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.transaction() as session:
            number = await allow_list.revoke_entries(
                session, ids, opinion=opinion, by=await _decider(session, parts, by, ids),
                at=parts.clock(),
            )  # fmt: skip
        answer({"revoked": number}, f"撤下 {number} 条")

    run(work)
