"""``gengyun channel``: which channel a contact would take and why; what customers say of channels."""

from typing import Annotated, Final

import typer

from commands.opening import answer, opened, run
from config import policy_catalogue as kinds
from config.channel_choice_policy import ChannelChoicePolicy
from crm_sync import channel_words
from crm_sync.channel_words import Word, Words
from crm_sync.selection import customer_by_no, reaches
from delivery import choosing
from delivery.channel_choice import ContactFacts, choose
from kit.errors import InputRefused

channel = typer.Typer(help="一件事走哪个渠道，为什么；客户惯用与不要的渠道")
WORDS: Final = {"prefers": Word.PREFERS, "refuses": Word.REFUSES, "clear": None}
PURPOSES: Final = ("service", "care", "marketing")
CustomerNo = Annotated[str, typer.Argument(help="客户号")]


class ChannelUnknown(InputRefused):
    """There is no such channel, word or purpose."""

    code = "E-2054"


def _named(policy: ChannelChoicePolicy, name: str) -> str:
    names = [one.name for one in policy.channels]
    if name not in names:
        raise ChannelUnknown(
            "没有这个渠道", saw=name[:20], where="策略 channel_choice", do="、".join(names)
        )
    return name


@channel.command("choose")
def choose_command(
    customer_no: CustomerNo,
    purpose: Annotated[
        str, typer.Option("--purpose", help="service | care | marketing")
    ] = "service",
    trigger: Annotated[str, typer.Option("--trigger", help="触发的名字，如 maturity.deposit")] = "",
    act: Annotated[str, typer.Option("--act", help="要客户办的事，如 风险测评")] = "",
    general: Annotated[bool, typer.Option("--general", help="对每位客户都一样的一条")] = False,
) -> None:
    """现在和这位客户说一件事，走哪个渠道，别的为什么不走。"""

    async def work() -> None:
        if purpose not in PURPOSES:
            raise ChannelUnknown("没有这种用途", saw=purpose[:20], do="、".join(PURPOSES))
        async with opened() as parts, parts.databases.bank.reading() as session:
            customer = await customer_by_no(session, customer_no)
            number, at = customer.customer_id, parts.clock()
            said = await choosing.said(session, [number], at=at, desk=parts.desk)
            words = said.get(number, Words())
            ways = await reaches(session, [number])
            facts = ContactFacts(
                purpose=purpose,
                trigger=trigger,
                tier=customer.tier,
                personal=not general,
                words=True,
                relation=number in ways,
                phone=customer.has_phone,
                sms=choosing.takes_texts(parts.desk, at),
                regulated=act in parts.desk.channels.outlet_acts,
                preferred=words.prefers,
                refused=words.refuses,
            )
            found = choose(facts, parts.desk.choice)
            answer(
                {
                    "customer_no": customer_no,
                    "channel": found.channel,
                    "reason": found.reason,
                    "refused": [{"channel": name, "why": why} for name, why in found.refused],
                    "prefers": words.prefers,
                    "refuses": sorted(words.refuses),
                },
                f"客户 {customer_no}：{found.reason}",
            )

    run(work)


@channel.command("say")
def say_command(
    customer_no: CustomerNo,
    name: Annotated[str, typer.Argument(help="渠道：todo | broadcast | sms | phone | outlet")],
    word: Annotated[str, typer.Argument(help="prefers 惯用 | refuses 不要 | clear 收回")],
    source: Annotated[str, typer.Option("--source", help="在哪里说的")],
) -> None:
    """记下客户对一个渠道说的话：惯用、不要，或收回。"""

    async def work() -> None:
        if word not in WORDS:
            raise ChannelUnknown("没有这种说法", saw=word[:20], do="、".join(WORDS))
        async with opened() as parts:
            policy = parts.shelf.of(kinds.CHANNEL_CHOICE)
            async with parts.databases.bank.transaction() as session:
                customer = await customer_by_no(session, customer_no)
                await channel_words.say(
                    session,
                    customer.customer_id,
                    _named(policy, name),
                    WORDS[word],
                    source=source[:80],
                    actor="system:cli",
                    unit=customer.unit_id,
                    at=parts.clock(),
                )
            answer(
                {"customer_no": customer_no, "channel": name, "word": word},
                f"客户 {customer_no}：{policy.title_of(name)} {word}",
            )

    run(work)
