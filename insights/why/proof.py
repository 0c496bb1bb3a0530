"""The ledger's word on a message: its entries, and the stretch of each chain recomputed now."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from content_library.facts import VersionFact
from delivery import batches
from delivery.facts import WELCOME
from delivery.messages.facts import Message
from insights import integrity
from insights.why import campaign
from insights.why.facts import Proof
from kit.ledger import reading
from kit.ledger.reading import Recorded, Wanted
from kit.ledger.verify import Segment, verify_segment
from kit.policies.facts import Version

AROUND: Final = 10
"""So many entries before and after each one are recomputed with it; a chain may be a million."""

PLANNED: Final = ("todo.planned", "sms.planned", "broadcast.planned", "moment.planned")
REACHED: Final = (
    "broadcast.customer_sent", "broadcast.customer_not_friend", "broadcast.customer_capped",
    "broadcast.customer_unsent",
)  # fmt: skip
APPROVALS: Final = ("script.checked", "script.approved")
POLICY: Final = ("policy.approved",)
MOST: Final = 100
LOOKS: Final = "access"
"""Who looked at it is no part of what became of it, and must not crowd that out."""


async def of_message(
    session: AsyncSession,
    one: Message,
    *,
    script: VersionFact | None = None,
    policy: Version | None = None,
    campaign_id: int | None = None,
    calls: Sequence[int] = (),
) -> Proof:
    """Every entry about a message, oldest first, and the stretches of the chains they stand in.

    ``script``: its words; ``policy``: the version that picked it; ``campaign_id``: what it belongs to; ``calls``: its
    rows in the outbox.
    """
    entries = await _approvals(session, script, policy, campaign_id)
    objects = [*one.objects, *(f"outbox:{number}" for number in calls)]
    entries += await reading.about(session, objects, without=LOOKS, limit=MOST)
    entries += await _planned(session, one)
    if one.kind == "broadcast" and one.customer_id is not None:
        entries += [
            entry
            for entry in await reading.about(
                session, [f"customer:{one.customer_id}"], acts=REACHED, since=one.made_at,
                limit=MOST,
            )
            if entry.payload.get("broadcast") == one.task_id
        ]  # fmt: skip
    found = {entry.place: entry for entry in entries}
    ordered = sorted(found.values(), key=lambda entry: (entry.at, entry.stream, entry.seq))
    check = await integrity.last_check(session, "ledger")
    return Proof(
        tuple(ordered),
        tuple(await _segments(session, ordered)),
        await integrity.checkpointed_at(session),
        check.at if check is not None else None,
    )


async def _approvals(
    session: AsyncSession,
    script: VersionFact | None,
    policy: Version | None,
    campaign_id: int | None,
) -> list[Recorded]:
    """What people signed that it rests on: its words, the version of its rule, its campaign."""
    found: list[Recorded] = []
    if script is not None:
        words = f"script:{script.script.code}/{script.script.version}"
        found += await reading.about(session, [words], acts=APPROVALS, limit=MOST)
    if policy is not None:
        rules = await reading.about(session, [f"policy:{policy.name}"], acts=POLICY, limit=MOST)
        found += [entry for entry in rules if entry.payload.get("version") == policy.number]
    if campaign_id is not None:
        name = f"campaign:{campaign_id}"
        found += await reading.about(session, [name], acts=campaign.ACTS, limit=MOST)
    return found


async def _planned(session: AsyncSession, one: Message) -> list[Recorded]:
    """The entry that was written when the door let it pass: at that very moment."""
    if one.kind == WELCOME:
        wanted = Wanted(
            acts=frozenset({"welcome.queued"}),
            since=one.made_at,
            until=one.made_at + timedelta(microseconds=1),
        )
        found = await reading.page(session, wanted, limit=MOST)
        return [entry for entry in found if entry.payload.get("outbox") in one.calls]
    if one.customer_id is None:
        return []
    found = await reading.about(
        session, [f"customer:{one.customer_id}"], acts=PLANNED, since=one.made_at,
        until=one.made_at, limit=MOST,
    )  # fmt: skip
    if own := [entry for entry in found if entry.payload.get("key") == one.key]:
        return own
    line = await batches.line_of(session, one.key, one.made_at)
    return [line[0]] if line else []


async def _segments(session: AsyncSession, entries: Sequence[Recorded]) -> list[Segment]:
    """One stretch for each run of entries that lie near each other in one chain."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for entry in entries:
        places[entry.stream].append(entry.seq)
    found: list[Segment] = []
    for stream, numbers in sorted(places.items()):
        runs: list[list[int]] = []
        for seq in sorted(numbers):
            if runs and seq - AROUND <= runs[-1][1] + AROUND:
                runs[-1][1] = seq
            else:
                runs.append([seq, seq])
        for first, last in runs:
            found.append(await verify_segment(session, stream, first - AROUND, last + AROUND))
    return found
