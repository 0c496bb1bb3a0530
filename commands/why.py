"""``gengyun why``: from any message back to what made it so, in sentences or as JSON."""

import time
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from commands.opening import answer, opened, run
from config import policy_catalogue as kinds
from crm_sync.errors import CustomerUnknown
from crm_sync.selection import customer_by_no
from delivery.messages import ways
from delivery.repository import touches
from insights.why import chain
from insights.why.facts import Chain
from kit.errors import InputRefused
from kit.ledger.verify import Segment
from kit.web.formats import exact_stamp
from wiring.parts import Parts

app = typer.Typer()
SHOWN = 5
"""So many of a customer's newest messages are explained; the others are named."""
MARKS = {"done": "✓", "bad": "✗", "": "·"}


class MessageUnknown(InputRefused):
    """No message of this bank goes by that name."""

    code = "E-2055"


@app.command()
def why(
    what: Annotated[
        str,
        typer.Argument(
            help="客户号；或一条消息：待办或发送的编号、todo:编号、send:编号、broadcast:任务/好友、"
            "moment:任务/客户、outbox:编号、编排的键、企业微信的消息编号"
        ),
    ],
    message: Annotated[str | None, typer.Option("--message", help="客户的哪一条：编号或键")] = None,
) -> None:
    """一条消息背后的链条：触发、规则、审核、授权、频次、尝试、企业微信的回答、日志证明。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            begun = time.monotonic()
            if not what.isprintable():
                raise _unknown("".join(each for each in what if each.isprintable()))
            try:
                customer = await customer_by_no(session, what)
            except CustomerUnknown:
                if message is not None:
                    raise
            else:
                await _of_customer(parts, session, what, customer.customer_id, message, begun)
                return
            found = await _chain(parts, session, what)
            if found is None:
                raise _unknown(what)
            answer(
                chain.as_json(found) | {"took_ms": _since(begun)},
                *sentences(found),
                f"用时 {_since(begun)} 毫秒",
            )

    run(work)


async def _of_customer(
    parts: Parts,
    session: AsyncSession,
    customer_no: str,
    customer_id: int,
    message: str | None,
    begun: float,
) -> None:
    refs = [message] if message is not None else await ways.lately(session, customer_id)
    chains: list[Chain] = []
    for ref in refs[:SHOWN]:
        found = await _chain(parts, session, ref)
        if found is not None and found.message.customer_id == customer_id:
            chains.append(found)
    if message is not None and not chains:
        raise _unknown(message)
    touched = await touches.of_customer(session, customer_id, limit=20)
    lines = [line for one in chains for line in (*sentences(one), "")]
    if len(refs) > SHOWN:
        lines += [f"还有 {len(refs) - SHOWN} 条，逐条看：gengyun why 编号"]
        lines += [f"  {ref}" for ref in refs[SHOWN:]]
    if not refs:
        lines.append("还没有给这位客户安排过消息；为什么没有，见 gengyun plan --explain")
    value: dict[str, Any] = {
        "customer_no": customer_no,
        "messages": [chain.as_json(one) for one in chains],
        "others": refs[SHOWN:],
        "touches": [
            {
                "channel": each.channel,
                "at": each.at.isoformat(),
                "state": each.state,
                "source": each.source,
                "reason": each.reason,
            }
            for each in touched
        ],
        "took_ms": _since(begun),
    }
    answer(value, *lines)


async def _chain(parts: Parts, session: AsyncSession, name: str) -> Chain | None:
    return await chain.of(
        session,
        name,
        reminders=parts.reminders,
        channels=parts.shelf.of(kinds.CHANNEL_CHOICE),
        gate=parts.desk.policy,
    )


def _unknown(name: str) -> MessageUnknown:
    return MessageUnknown(
        "没有这条消息，也没有这位客户",
        saw=name[:60],
        where="后台“任务与执行”“触达记录”的“为什么”，或 gengyun why 客户号",
        do="写客户号、消息的编号或键；企业微信群发写 broadcast:任务编号/好友编号",
    )


def _since(begun: float) -> int:
    return int((time.monotonic() - begun) * 1000)


def sentences(found: Chain) -> list[str]:
    """The chain for people, a sentence a line, the proof's entries below."""
    one = found.message
    lines = [f"{one.ref}　{one.title or one.trigger}　键 {one.key}"]
    for step in found.steps:
        at = f"{exact_stamp(step.at)}　" if step.at is not None else ""
        lines.append(f"  {MARKS[step.mark]} {step.name}：{at}{step.said}")
    lines += [
        f"    {entry.place}　{exact_stamp(entry.at)}　{entry.act}　{entry.hash[:16]}…"
        for entry in found.proof.entries
    ]
    return lines + [f"    {stretch(each)}" for each in found.proof.segments]


def stretch(one: Segment) -> str:
    """A recomputed stretch of a chain in a sentence."""
    end = "条条相接" if one.sound else f"{len(one.faults)} 处对不上：{one.faults[0].place}"
    return f"链 {one.stream} 第 {one.first}–{one.last} 条重算，全链到第 {one.head} 条：{end}"
