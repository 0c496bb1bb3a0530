"""What came, what goes: inbox and outbox, with their states; replay and settle by hand."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from bot.inbox import repository as inbox_rows
from bot.inbox.models import InboxState
from commands.opening import answer, answer_lines, opened, run
from delivery import operations
from kit.clock import BANK_TIME
from kit.errors import InputRefused

inbox = typer.Typer(help="收到的回调")
outbox = typer.Typer(help="发往企业微信的调用")
Limit = Annotated[int | None, typer.Option(help="最多几行，默认全部")]
Since = Annotated[str | None, typer.Option(help="从哪一刻起，例如 2026-11-22T08:00")]
States = Annotated[list[str] | None, typer.Option("--state", help="只看这些状态")]


class StateUnknown(InputRefused):
    """There is no such state to list by."""

    code = "E-7010"


class MomentRefused(InputRefused):
    """A moment on the command line is not one."""

    code = "E-2051"


def moment(text: str | None) -> datetime | None:
    """An ISO moment; without a zone it is bank time. Raises MomentRefused."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise MomentRefused("时刻写错了", saw=text[:30], do="写成 2026-11-22T08:00") from None
    return found if found.tzinfo else found.replace(tzinfo=BANK_TIME)


def _inbox_states(names: Sequence[str] | None) -> list[InboxState] | None:
    try:
        return [InboxState(name) for name in names] if names else None
    except ValueError:
        raise StateUnknown(
            "没有这种状态", saw="、".join(names or ())[:40], do="、".join(InboxState)
        ) from None


@inbox.command("list")
def inbox_list(limit: Limit = None, state: States = None, since: Since = None) -> None:
    """列出回调，按到达顺序。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.inbox.reading() as session:
            rows = await inbox_rows.listed(
                session, states=_inbox_states(state), since=moment(since), limit=limit
            )
        answer_lines(
            (asdict(row) for row in rows),
            lambda row: (
                f"{row['id']}  {row['kept_at']:%m-%d %H:%M:%S}  {row['state']:<9} {row['kind']:<24} {row['cause']}"
            ),
        )

    run(work)


@inbox.command("replay")
def inbox_replay(
    ids: Annotated[list[int] | None, typer.Argument(help="编号；不写则全部隔离的")] = None,
) -> None:
    """把隔离（或未处理）的回调重新排队。"""

    async def work() -> None:
        async with opened() as parts:
            async with parts.databases.inbox.transaction() as session:
                number = await inbox_rows.replay(session, ids=ids, at=parts.clock())
            answer({"replayed": number}, f"重新排队 {number} 条")

    run(work)


@outbox.command("list")
def outbox_list(limit: Limit = None, state: States = None, since: Since = None) -> None:
    """列出发往企业微信的调用。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            rows = await operations.calls(session, states=state, since=moment(since), limit=limit)
        answer_lines(
            (asdict(row) for row in rows),
            lambda row: (
                f"{row['id']}  {row['due_at']:%m-%d %H:%M:%S}  {row['state']:<9} {row['kind']:<11} {row['userid']} {row['cause']}"
            ),
        )

    run(work)


@outbox.command("settle")
def outbox_settle() -> None:
    """核对结果未知的调用：能在企业微信查到的认领，查不到的交给人。"""

    async def work() -> None:
        async with opened() as parts:
            counts: dict[str, Any] = await operations.settle_unknown(
                parts.databases.bank, parts.wecom, parts.clock, parts.texts
            )
            answer(counts, *(f"  {name}: {number}" for name, number in counts.items()))

    run(work)
