"""Chooses the channel of a batch of intents: three questions for all of them, then the pure rule."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from compliance.facts import Channel
from crm_sync.channel_words import Words, words_of
from delivery.channel_choice import NOBODY, Choice, ContactFacts, choose
from delivery.desk import Desk
from delivery.intents import Intent
from delivery.repository import touches
from kit.clock import bank_clock, bank_date, bank_moment

CHOSEN: Final = frozenset({Channel.TODO, Channel.BROADCAST})
"""Intents of these channels have their way chosen; others know theirs already."""

GATES: Final[Mapping[str, Channel]] = {
    "todo": Channel.TODO,
    "phone": Channel.TODO,
    "outlet": Channel.TODO,
    "broadcast": Channel.BROADCAST,
    "sms": Channel.SMS,
}
"""As what the gate judges each way: what a manager is to do is a to-do until they do it."""

OF_TOUCHES: Final[Mapping[str, str]] = {
    "sidebar": "todo",
    "chat": "todo",
    "phone": "phone",
    "branch": "outlet",
    "manager": "outlet",
}
"""The way that an answered touch over a channel speaks for."""


async def said(
    session: AsyncSession, customer_ids: Sequence[int], *, at: datetime, desk: Desk
) -> dict[int, Words]:
    """What customers said of channels; where they named none they like, what touches show."""
    words = await words_of(session, customer_ids)
    custom = desk.choice.preference
    if custom.days == 0:
        return words
    silent = [one for one in customer_ids if one not in words or not words[one].prefers]
    shown = await touches.answered(
        session, silent, since=at - timedelta(days=custom.days), states=custom.states,
        channels=tuple(OF_TOUCHES),
    )  # fmt: skip
    for customer_id, numbers in shown.items():
        ways: dict[str, int] = {}
        for channel, number in numbers.items():
            ways[OF_TOUCHES[channel]] = ways.get(OF_TOUCHES[channel], 0) + number
        best = max(sorted(ways), key=ways.__getitem__)
        if ways[best] >= custom.least:
            words[customer_id] = replace(words.get(customer_id, Words()), prefers=best)
    return words


def takes_texts(desk: Desk, at: datetime) -> bool:
    """Whether a text message may still go today: there is a gateway, and it is not too late."""
    return desk.sms and bank_clock(at) < desk.choice.sms.until


def facts_of(
    intent: Intent, words: Words, desk: Desk, *, texts: bool, failed: frozenset[str] = frozenset()
) -> ContactFacts:
    """What the rule looks at, of one intent; ``texts``: see ``takes_texts``."""
    return ContactFacts(
        purpose=intent.purpose.value,
        trigger=intent.trigger,
        tier=intent.customer.tier,
        personal=intent.channel is not Channel.BROADCAST,
        words=intent.script_version_id is not None,
        relation=intent.reach is not None,
        phone=intent.customer.has_phone,
        sms=texts,
        regulated=bool(intent.act) and intent.act in desk.channels.outlet_acts,
        preferred=words.prefers,
        refused=words.refuses,
        failed=failed,
    )


async def choose_all(
    session: AsyncSession, intents: Sequence[Intent], *, at: datetime, desk: Desk
) -> list[Intent]:
    """The intents with their way, its reason and the channel the gate judges; in order.

    ``way`` is ``nobody`` where no channel may be used. The rule is asked once for all who are
    alike, because a hundred thousand customers differ in a few dozen ways.
    """
    asked = [one for one in intents if one.channel in CHOSEN]
    words = await said(
        session, sorted({one.customer.customer_id for one in asked}), at=at, desk=desk
    )
    silent, alike = Words(), dict[ContactFacts, Choice]()
    texts = takes_texts(desk, at)
    found: list[Intent] = []
    for intent in intents:
        if intent.channel not in CHOSEN:
            found.append(intent)
            continue
        facts = facts_of(intent, words.get(intent.customer.customer_id, silent), desk, texts=texts)
        choice = alike.get(facts)
        if choice is None:
            choice = alike[facts] = choose(facts, desk.choice)
        found.append(taken(intent, choice, at, desk))
    return found


def taken(intent: Intent, choice: Choice, at: datetime, desk: Desk) -> Intent:
    """The intent on its way: what it is judged as, and when a text message would go."""
    goes_at = intent.goes_at
    if choice.channel == "sms":
        goes_at = max(at, bank_moment(bank_date(at), desk.choice.sms.at))
    return replace(
        intent,
        channel=GATES.get(choice.channel, intent.channel),
        channel_reason=choice.reason,
        way=choice.channel,
        way_refused=choice.refused_text,
        goes_at=goes_at,
    )


def unreachable(intent: Intent) -> bool:
    """Whether no channel may be used for it."""
    return intent.way == NOBODY
