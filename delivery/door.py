"""The door: judges, counts and queues a batch of intents, all in the caller's transaction.

The only way out. A key known before is repeated, the gate's objections block with every reason,
a used-up quota refuses; what is left becomes a to-do of the manager or a place in a broadcast.
Each batch is a handful of set-based statements, however many intents it holds.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from compliance.facts import Channel
from delivery import batches, choosing, halting, judging, merging, quota, text_messages
from delivery.broadcasts import gather
from delivery.channel_choice import KINDS
from delivery.desk import Desk
from delivery.intents import Intent, Outcome, Submission
from delivery.judging import Judged
from delivery.metrics import SUBMITTED
from delivery.moments import gathering as moments
from delivery.outside import repository as outside
from delivery.quota import Cap, Want
from delivery.repository import keys, todos
from kit.clock import bank_date
from kit.db import cipher_of
from kit.ids import new_id

TOTAL: Final = "total"
BY_HAND: Final = frozenset({Channel.TODO, Channel.SMS})
"""What has a row of its own among the to-dos; a broadcast and a moment have a place in a task."""
TO_MANY: Final = frozenset({Channel.BROADCAST, Channel.MOMENT})
"""What only a live relation with the owner can carry."""


async def submit(
    session: AsyncSession,
    intents: Sequence[Intent],
    *,
    at: datetime,
    desk: Desk,
    by: str,
    as_of: datetime | None = None,
) -> list[Submission]:
    """Judge, count and queue ``intents``; one submission each, in order.

    The caller commits. ``by`` is the actor for the ledger (``system:planner``). ``as_of`` is
    the moment the rules look at, where a plan is made for another day than today; what is
    recorded carries ``at``. Submitting the same intents again changes nothing: queued keys are
    repeated, and a refusal whose reasons are the same is not written again.
    """
    as_of = as_of or at
    await merging.in_turn(session, intents, bank_date(as_of))
    verdicts: dict[str, Submission] = {}
    fresh = _first_of_each_key(intents)
    known = await keys.known(session, [intent.key for intent in fresh])
    halted = await halting.halted(session, {one.campaign for one in fresh})
    waiting: list[Intent] = []
    for intent in fresh:
        before = known.get(intent.key)
        if before is not None and before[0] == Outcome.QUEUED:
            verdicts[intent.key] = Submission(intent.key, Outcome.REPEATED, again=True)
        elif intent.campaign in halted:
            verdicts[intent.key] = Submission(intent.key, Outcome.HALTED)
        elif intent.customer.owner_staff_id is None:
            verdicts[intent.key] = Submission(intent.key, Outcome.UNCOVERED)
        else:
            waiting.append(intent)
    waiting = await _merge(session, waiting, verdicts, known, at=at, as_of=as_of, desk=desk)
    waiting = await _choose(session, waiting, verdicts, at=as_of, desk=desk)
    passed = await _judge(session, waiting, verdicts, known, at=at, as_of=as_of, desk=desk)
    passed = await _count(session, passed, verdicts, at=as_of, desk=desk)
    taken = await keys.take(session, [one.intent.key for one in passed], at)
    queued = [one for one in passed if one.intent.key in taken]
    for one in passed:
        outcome = Outcome.QUEUED if one.intent.key in taken else Outcome.REPEATED
        verdicts[one.intent.key] = Submission(
            one.intent.key, outcome, way=one.intent.way, again=outcome is Outcome.REPEATED
        )
    hashes = cipher_of(session).blind_all("text", [one.text for one in queued])
    hashed = [(one, text_hash or "") for one, text_hash in zip(queued, hashes, strict=True)]
    await _queue(session, hashed, at=at, as_of=as_of, desk=desk)
    await _refuse(session, fresh, verdicts, known, at=at)
    await batches.record(session, hashed, by=by, at=at)
    for name, number in Counter(one.outcome.value for one in verdicts.values()).items():
        SUBMITTED.labels(name).inc(number)
    return [verdicts[intent.key] for intent in intents]


def _first_of_each_key(intents: Sequence[Intent]) -> list[Intent]:
    return list({intent.key: intent for intent in reversed(intents)}.values())[::-1]


async def _merge(
    session: AsyncSession,
    waiting: Sequence[Intent],
    verdicts: dict[str, Submission],
    known: Mapping[str, tuple[str, str]],
    *,
    at: datetime,
    as_of: datetime,
    desk: Desk,
) -> list[Intent]:
    """Those that nothing else outranks for their customer today; who lost is kept, once."""
    day = bank_date(as_of)
    customers = {one.customer.customer_id for one in waiting if merging.merged(one)}
    winners = merging.outranked(waiting, await merging.said_on(session, customers, day), desk.merge)
    for key, winner in winners.items():
        verdicts[key] = Submission(key, Outcome.OUTRANKED, detail=winner)
    told = {key for key, winner in winners.items() if known.get(key) == ("outranked", winner)}
    fresh = {key: winner for key, winner in winners.items() if key not in told}
    await merging.record(session, waiting, fresh, day, at)
    return [one for one in waiting if one.key not in winners]


async def _choose(
    session: AsyncSession,
    waiting: Sequence[Intent],
    verdicts: dict[str, Submission],
    *,
    at: datetime,
    desk: Desk,
) -> list[Intent]:
    """Those that have a way to their customer, with it; for the others nobody may be used."""
    found: list[Intent] = []
    for intent in await choosing.choose_all(session, waiting, at=at, desk=desk):
        if choosing.unreachable(intent) or (intent.reach is None and intent.channel in TO_MANY):
            verdicts[intent.key] = Submission(
                intent.key, Outcome.UNREACHABLE, detail=intent.way_refused
            )
        else:
            found.append(intent)
    return found


async def _judge(
    session: AsyncSession,
    waiting: Sequence[Intent],
    verdicts: dict[str, Submission],
    known: Mapping[str, tuple[str, str]],
    *,
    at: datetime,
    as_of: datetime,
    desk: Desk,
) -> list[Judged]:
    """Those the gate lets pass; the others get their verdict, with a decision row each."""
    if not waiting:
        return []
    found = judging.judge(
        waiting, await judging.background(session, waiting, at=as_of), at=as_of, desk=desk
    )
    passed, to_record = [], []
    for one in found:
        key = one.intent.key
        if one.missing:
            verdicts[key] = Submission(key, Outcome.NO_WORDS, detail=one.missing)
        elif one.objections:
            verdicts[key] = Submission(key, Outcome.BLOCKED, one.objections)
            if known.get(key) != (Outcome.BLOCKED.value, _reasons(verdicts[key])):
                to_record.append(one)
        else:
            passed.append(one)
            to_record.append(one)
    await judging.record(session, to_record, at)
    return passed


async def _count(
    session: AsyncSession,
    passed: Sequence[Judged],
    verdicts: dict[str, Submission],
    *,
    at: datetime,
    desk: Desk,
) -> list[Judged]:
    """Those whose customer's quota has room, most urgent first; it is taken with them."""
    order: dict[str, int] = {purpose: place for place, purpose in enumerate(desk.merge.order)}
    ranked = sorted(
        passed, key=lambda one: (order.get(one.intent.purpose.value, 9), one.intent.priority)
    )
    day = bank_date(at)
    total = Cap(TOTAL, "day", day, desk.merge.most_per_day.get(TOTAL, 99))
    others = await outside.uses(
        session,
        [
            one.intent.reach.external_userid
            for one in ranked
            if one.intent.channel is Channel.BROADCAST and one.intent.reach is not None
        ],
        quota.broadcast_cap(desk.broadcast_cap, day).starts_on,
    )
    alike: dict[tuple[object, ...], tuple[Cap, ...]] = {}
    wants = [
        Want(
            one.intent.key,
            one.intent.customer.customer_id,
            _caps(one, day, desk, others, total, alike),
        )
        for one in ranked
        if one.text is not None
    ]
    refused = await quota.reserve(session, wants)
    if refused:
        spoken = await quota.uses(
            session,
            [one.intent.customer.customer_id for one in ranked if one.intent.key in refused],
            TOTAL,
            "day",
            day,
        )
        for one in ranked:
            if one.intent.key in refused:
                full = spoken.get(one.intent.customer.customer_id, 0) >= total.most
                outcome = Outcome.OUTRANKED if full else Outcome.OVER_QUOTA
                verdicts[one.intent.key] = Submission(one.intent.key, outcome)
    return [one for one in passed if one.intent.key not in refused]


def _caps(
    one: Judged,
    day: date,
    desk: Desk,
    others: Mapping[str, int],
    total: Cap,
    alike: dict[tuple[object, ...], tuple[Cap, ...]],
) -> tuple[Cap, ...]:
    """What one use counts against; ``alike`` keeps it for all of one kind."""
    intent = one.intent
    elder = quota.elder(intent.customer, day, desk.policy)
    contact = intent.reach.external_userid if intent.reach else ""
    outside = others.get(contact, 0) if intent.channel is Channel.BROADCAST else 0
    kind = (intent.purpose, elder, intent.campaign, intent.channel, outside)
    caps = alike.get(kind)
    if caps is None:
        caps = quota.caps_for(intent.purpose, day, desk.policy, elder=elder)
        caps += quota.campaign_caps(intent.campaign, intent.purpose, desk.policy)
        if intent.channel is Channel.BROADCAST:
            caps += (replace(quota.broadcast_cap(desk.broadcast_cap, day), outside=outside),)
        if intent.channel is Channel.MOMENT:
            caps += quota.moment_caps(desk.moments.customer, day)
        else:
            caps += (total,)
        alike[kind] = caps
    return caps


async def _queue(
    session: AsyncSession,
    queued: Sequence[tuple[Judged, str]],
    *,
    at: datetime,
    as_of: datetime,
    desk: Desk,
) -> None:
    """Each on its way; ``queued`` holds the keyed hash of the words beside each."""
    day = bank_date(as_of)
    rows = [
        _todo(one, text_hash, at, day) for one, text_hash in queued if one.intent.channel in BY_HAND
    ]
    if rows:
        columns = dict(zip(_TODO, zip(*rows, strict=True), strict=True))
        await todos.put(session, columns)
        ways = zip(*(columns[name] for name in _TEXT), strict=True)
        texts = [(todo, unit, until) for todo, unit, until, way in ways if way == text_messages.SMS]
        await text_messages.queue(session, texts, at=at, as_of=as_of, desk=desk)
    await gather(
        session,
        [one for one, _ in queued if one.intent.channel is Channel.BROADCAST],
        at=at,
        day=day,
    )
    await moments.gather(
        session, [one for one, _ in queued if one.intent.channel is Channel.MOMENT], at=at
    )


_TODO: Final = (
    "id",
    "key",
    "trigger",
    "purpose",
    "campaign",
    "kind",
    "customer_id",
    "staff_id",
    "userid",
    "external_userid",
    "unit_id",
    "script_version_id",
    "script_code",
    "script_version",
    "text",
    "text_hash",
    "title",
    "why",
    "detail",
    "channel",
    "channel_reason",
    "channel_refused",
    "planned_on",
    "due_on",
    "expires_at",
    "priority",
    "created_at",
)
_TEXT: Final = ("id", "unit_id", "expires_at", "channel")


def _todo(one: Judged, text_hash: str, at: datetime, day: date) -> tuple[Any, ...]:
    """The columns of ``_TODO``."""
    intent, script = one.intent, one.script
    reach = intent.reach if intent.way == "todo" else None
    way = intent.way or ("todo" if reach else "phone")
    return (
        new_id(),
        intent.key,
        intent.trigger,
        intent.purpose,
        intent.campaign,
        "care" if script is None else KINDS[way],
        intent.customer.customer_id,
        intent.customer.owner_staff_id,
        reach.userid if reach else "",
        reach.external_userid if reach else "",
        intent.customer.unit_id,
        script.version_id if script else None,
        script.code if script else "",
        script.version if script else 0,
        one.text,
        text_hash,
        intent.title,
        intent.why,
        {**intent.detail, "fields": dict(intent.fields)},
        way,
        intent.channel_reason[:400],
        intent.way_refused[:200],
        day,
        intent.due_on,
        intent.expires_at,
        intent.priority,
        at,
    )  # fmt: skip


def _reasons(submission: Submission) -> str:
    return ",".join(submission.objections) or submission.detail


async def _refuse(
    session: AsyncSession,
    intents: Sequence[Intent],
    verdicts: dict[str, Submission],
    known: Mapping[str, tuple[str, str]],
    *,
    at: datetime,
) -> None:
    """Remember refusals that are new or have other reasons than before; mark the others."""
    refusals = {}
    for intent in intents:
        verdict = verdicts[intent.key]
        if verdict.outcome in (Outcome.QUEUED, Outcome.REPEATED):
            continue
        now = (verdict.outcome.value, _reasons(verdict)[:400])
        if known.get(intent.key) == now:
            verdicts[intent.key] = replace(verdict, again=True)
        else:
            refusals[intent.key] = now
    await keys.refuse(session, refusals, at)
