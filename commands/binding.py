"""Links between contacts and customers at the command line: list, confirm, undo, merge."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Any, Final

import typer

from commands.opening import answer, answer_lines, opened, run
from commands.rows import StateUnknown
from crm_sync import binding_by_hand, merging
from crm_sync.binding_lists import listed
from crm_sync.repository import mismatches
from crm_sync.selection import customer_by_no
from delivery import binding_work

bind = typer.Typer(help="好友与客户的对应")
BY: Final = "system:cli"
STATES: Final = ("confirmed", "proposed", "conflict", "undone")
MISMATCH: Final = "mismatch"
PAGE: Final = 5_000
Reason = Annotated[str, typer.Option(help="为什么，会记入日志")]


@bind.command("list")
def bind_list(
    state: Annotated[
        str, typer.Option(help="confirmed | proposed | conflict | undone | mismatch（归属不符）")
    ] = "conflict",
    limit: Annotated[int | None, typer.Option(help="最多几行，默认全部")] = None,
) -> None:
    """列出对应关系；mismatch 列出管户经理不是好友的客户。"""

    async def work() -> None:
        if state not in (*STATES, MISMATCH):
            raise StateUnknown("没有这种状态", saw=state[:40], do="、".join((*STATES, MISMATCH)))
        async with opened() as parts, parts.databases.bank.reading() as session:
            if state == MISMATCH:
                rows = await _mismatched(session, limit)
                answer_lines(rows, _mismatch_line)
                return
            answer_lines((asdict(one) for one in await listed(session, state, limit=limit)), _line)

    run(work)


async def _mismatched(session: Any, limit: int | None) -> Iterable[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = ""
    while limit is None or len(found) < limit:
        page = await mismatches.page(session, after=after, limit=min(PAGE, limit or PAGE))
        found += (asdict(one) for one in page)
        if len(page) < PAGE:
            break
        after = page[-1].external_userid
    return found[:limit]


def _line(row: Any) -> str:
    return f"{row['external_userid']}  客户 {row['customer_no']}  {row['method']}  {row['confidence']}%  {row['state']}"


def _mismatch_line(row: Any) -> str:
    friends = "、".join(row["follower_staff_ids"])
    return f"{row['external_userid']}  管户 {row['owner_staff_id'] or '未分配'}  好友 {friends}"


@bind.command("confirm")
def bind_confirm(external_userid: str, customer_no: str, reason: Reason) -> None:
    """由人确认一个好友就是某位客户；管户经理不是好友时，另开工单。"""

    async def work() -> None:
        async with opened() as parts:
            at = parts.clock()
            async with parts.databases.bank.transaction() as session:
                customer = await customer_by_no(session, customer_no)
                done = await binding_by_hand.bind_by_hand(
                    session, external_userid, customer.customer_id, actor=BY, reason=reason, at=at
                )
                await binding_work.follow(session, done, by=BY, resolution=reason, at=at)
            answer(
                {"state": str(done.state), "owner_mismatch": done.owner_mismatch},
                f"{external_userid} 已对应客户 {customer_no}",
                *(["管户经理不是好友，已开工单"] if done.owner_mismatch else []),
            )

    run(work)


@bind.command("undo")
def bind_undo(external_userid: str, reason: Reason) -> None:
    """解除一个好友与客户的对应。"""

    async def work() -> None:
        async with opened() as parts:
            at = parts.clock()
            async with parts.databases.bank.transaction() as session:
                customer_id = await binding_by_hand.undo(
                    session, external_userid, actor=BY, reason=reason, at=at
                )
                await binding_work.forget(
                    session, external_userid, customer_id, by=BY, resolution=reason, at=at
                )
            answer({"undone": external_userid}, f"已解除 {external_userid} 的对应")

    run(work)


@bind.command("merge")
def bind_merge(
    primary: Annotated[str, typer.Argument(help="以后消息发给它的 external_userid")],
    second: Annotated[str, typer.Argument(help="同一位客户的另一个 external_userid")],
    reason: Reason,
) -> None:
    """两个微信是同一位客户：定哪个收消息，历史都保留。"""

    async def work() -> None:
        async with opened() as parts:
            at = parts.clock()
            async with parts.databases.bank.transaction() as session:
                done = await merging.merge(session, primary, second, actor=BY, reason=reason, at=at)
                await binding_work.forget(
                    session, second, done.customer_id, by=BY, resolution=reason, at=at
                )
            answer(asdict(done), f"{second} 并入 {primary}，以后只发给 {primary}")

    run(work)
