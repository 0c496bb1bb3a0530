"""The ledger's word on a message: its entries, and the stretch of each chain recomputed now."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from delivery.facts import WELCOME
from delivery.messages.facts import Message
from insights import integrity
from insights.why.facts import Proof
from kit.ledger import reading
from kit.ledger.reading import Recorded, Wanted
from kit.ledger.verify import Segment, verify_segment

AROUND: Final = 10
"""So many entries before and after each one are recomputed with it; a chain may be a million."""

PLANNED: Final = ("todo.planned", "sms.planned", "broadcast.planned", "moment.planned")
REACHED: Final = (
    "broadcast.customer_sent", "broadcast.customer_not_friend", "broadcast.customer_capped",
    "broadcast.customer_unsent",
)  # fmt: skip
APPROVALS: Final = ("script.checked", "script.approved")
MOST: Final = 100


async def of_message(
    session: AsyncSession, one: Message, *, approvals: Sequence[str] = (), calls: Sequence[int] = ()
) -> Proof:
    """Every entry about a message, oldest first, and the stretches of the chains they stand in.

    ``approvals``: objects whose approval it rests on; ``calls``: its rows in the outbox.
    """
    entries = await reading.about(session, approvals, acts=APPROVALS, limit=MOST)
    objects = [*one.objects, *(f"outbox:{number}" for number in calls)]
    entries += await reading.about(session, objects, limit=MOST)
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
    return [entry for entry in found if entry.payload.get("key") == one.key]


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
