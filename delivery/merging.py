"""One voice a day: which of a customer's candidates speak today, and who outranked the others.

Every feature submits its candidates to the door. Before choice of channel, gate and quota they
are merged per customer: by the purpose (service, care, sale), then by priority, then by key.
What wins silences every other purpose and every other campaign for the day; of its own kind as
many speak as the policy allows. What was kept earlier in the day stands, and silences whatever
is not more urgent in purpose. What loses is recorded with the key of the winner.

To-dos without words, moments (nobody is written to) and answers to a question are not merged.

Who merges for the same customers of the same day takes turns (``in_turn``): the second looks at
what was said when the first has committed.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from msgspec import Struct
from sqlalchemy import ARRAY, String, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.facts import Channel
from config.reminder_policy import MergePolicy
from crm_sync.repository.keys import among
from delivery.intents import Intent
from delivery.models import Outranked, QuotaSlot
from delivery.quota import CAMPAIGN, EVER, campaign_family
from kit.db import is_postgresql, upsert

PURPOSES: Final = frozenset({"service", "care", "marketing"})
LAST: Final = 9
"""The place of a purpose that the policy does not name."""
SHARES: Final = 8
"""A day's customers by number: those of one share take turns, the shares do not wait for each other."""
_TURNS: Final = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(one.turn, 0))"
    " FROM (SELECT unnest(CAST(:turns AS varchar[])) AS turn ORDER BY 1) AS one"
).bindparams(bindparam("turns", type_=ARRAY(String())))


class Voice(Struct, frozen=True):
    """Something that is, or would be, said to a customer today. ``campaign``: its family of slots."""

    key: str
    purpose: str
    campaign: str

    def with_(self, other: "Voice") -> bool:
        """Whether both are of one kind: the same purpose and the same campaign, or none."""
        return (self.purpose, self.campaign) == (other.purpose, other.campaign)


@dataclass(frozen=True, slots=True)
class Lost:
    """A candidate that another outranked on a day."""

    key: str
    trigger: str
    winner: str
    day: date


def merged(intent: Intent) -> bool:
    """Whether an intent takes part in the merge of its customer's day."""
    return not (
        intent.script_version_id is None or intent.channel is Channel.MOMENT or intent.solicited
    )


def outranked(
    intents: Sequence[Intent], said: Mapping[int, Sequence[Voice]], policy: MergePolicy
) -> dict[str, str]:
    """The keys of those that lose, each with the key of what it loses to.

    ``said``: what was kept before for the same day, by customer. Pure; the order in which the
    intents come makes no difference.
    """
    if not policy.one_voice:
        return {}
    of_customer: defaultdict[int, list[Intent]] = defaultdict(list)
    for intent in intents:
        if merged(intent):
            of_customer[intent.customer.customer_id].append(intent)
    lost: dict[str, str] = {}
    for customer_id, candidates in of_customer.items():
        before = said.get(customer_id, ())
        if before or len(candidates) > 1:
            lost |= _outranked(candidates, before, policy)
    return lost


def _outranked(
    candidates: Sequence[Intent], before: Sequence[Voice], policy: MergePolicy
) -> dict[str, str]:
    place: dict[str, int] = {purpose: at for at, purpose in enumerate(policy.order)}
    total = policy.most_per_day.get("total", 99)
    known = {one.key for one in before}
    lost: dict[str, str] = {}
    speaking: list[Voice] = []
    for intent in sorted(
        candidates,
        key=lambda one: (place.get(one.purpose.value, LAST), one.priority, one.key),
    ):
        if intent.key in known:
            continue
        voice = Voice(intent.key, intent.purpose.value, campaign_family(intent.campaign))
        mine = place.get(voice.purpose, LAST)
        rivals = [
            one
            for one in (*before, *speaking)
            if not one.with_(voice) and place.get(one.purpose, LAST) <= mine
        ]
        alike = [one for one in (*before, *speaking) if one.with_(voice)]
        if rivals:
            lost[intent.key] = rivals[0].key
        elif len(alike) >= policy.most_per_day.get(intent.purpose.value, 99):
            lost[intent.key] = alike[0].key
        elif len(before) + len(speaking) >= total:
            lost[intent.key] = (*before, *speaking)[0].key
        else:
            speaking.append(voice)
    return lost


def share_of(intent: Intent) -> int:
    """The share of its day's customers that an intent's customer belongs to."""
    return intent.customer.customer_id % SHARES


async def in_turn(session: AsyncSession, intents: Sequence[Intent], day: date) -> None:
    """One after the other: whoever merges for a share waits until the one before has committed.

    Take it before anything is read, and once in a transaction, because the order of the turns is
    what keeps two transactions from waiting for each other (``whole_day`` for who comes again).
    What is not merged never waits. Held to the end of the transaction on PostgreSQL; SQLite has
    one writer.
    """
    await _take(session, {share_of(one) for one in intents if merged(one)}, day)


async def whole_day(session: AsyncSession, day: date) -> None:
    """The turns of all customers of a day, for a transaction that merges more than once."""
    await _take(session, range(SHARES), day)


async def _take(session: AsyncSession, shares: Collection[int], day: date) -> None:
    if is_postgresql(session) and shares:
        turns = [f"voices:{day.isoformat()}:{share}" for share in sorted(shares)]
        await session.execute(_TURNS, {"turns": turns})


async def said_on(
    session: AsyncSession, customer_ids: Collection[int], day: date
) -> dict[int, list[Voice]]:
    """What holds a place in each customer's day: one question for thousands of them."""
    if not customer_ids:
        return {}
    purposes: defaultdict[int, dict[str, str]] = defaultdict(dict)
    campaigns: dict[str, str] = {}
    query = select(
        col(QuotaSlot.customer_id),
        col(QuotaSlot.family),
        col(QuotaSlot.window),
        col(QuotaSlot.key),
    ).where(
        among(session, col(QuotaSlot.customer_id), customer_ids),
        col(QuotaSlot.window).in_(("day", CAMPAIGN)),
        col(QuotaSlot.starts_on).in_((day, EVER)),
    )
    for customer_id, family, window, key in await session.execute(query):
        if window == CAMPAIGN:
            campaigns[key] = family
        elif family in PURPOSES:
            purposes[customer_id][key] = family
    return {
        customer_id: [
            Voice(key, purpose, campaigns.get(key, "")) for key, purpose in sorted(of.items())
        ]
        for customer_id, of in purposes.items()
    }


async def record(
    session: AsyncSession,
    intents: Sequence[Intent],
    winners: Mapping[str, str],
    day: date,
    at: datetime,
) -> None:
    """Keep who lost to what on ``day``; ``winners`` by the keys of those that lost."""
    rows = [
        {
            "customer_id": one.customer.customer_id,
            "day": day,
            "key": one.key,
            "trigger": one.trigger,
            "winner": winners[one.key],
            "at": at,
        }
        for one in sorted(intents, key=lambda one: (one.customer.customer_id, one.key))
        if one.key in winners
    ]
    await upsert(
        session, Outranked, rows, key=["customer_id", "day", "key"], update=["winner", "at"]
    )


async def lost_of(session: AsyncSession, customer_id: int, *, limit: int = 20) -> list[Lost]:
    """What a customer was not told because something else came first, newest day first."""
    query = (
        select(
            col(Outranked.key), col(Outranked.trigger), col(Outranked.winner), col(Outranked.day)
        )
        .where(col(Outranked.customer_id) == customer_id)
        .order_by(col(Outranked.day).desc(), col(Outranked.key))
        .limit(limit)
    )
    return [Lost(*row) for row in await session.execute(query)]
