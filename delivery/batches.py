"""The ledger's entry of one batch that the door let pass: what was planned, line by line.

A batch of thousands is one entry, because an entry a contact would cost more than everything
else the door writes. Its payload, which the chain binds, names every contact: key, customer,
unit, manager, channel, way, script and the keyed hash of the words, the same that stands on
the to-do. A batch of one is an entry about its customer.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from delivery.judging import Judged
from kit import ledger
from kit.ids import new_id
from kit.ledger import reading
from kit.ledger.reading import Recorded

PLANNED: Final = "batch.planned"
LINE: Final = (
    "key", "customer", "unit", "staff", "channel", "way", "trigger", "script", "text_hash",
)  # fmt: skip
"""What each line of a batch's ``items`` holds, in order."""
_MOMENT: Final = timedelta(microseconds=1)


async def record(
    session: AsyncSession, queued: Sequence[tuple[Judged, str]], *, by: str, at: datetime
) -> None:
    """One ledger entry for what will be said or done; each with the keyed hash of its words."""
    if not queued:
        return
    entry = _of_one(*queued[0], by) if len(queued) == 1 else _of_many(queued, by)
    await ledger.append(session, [entry], at=at)


async def line_of(
    session: AsyncSession, key: str, made_at: datetime
) -> tuple[Recorded, dict[str, Any]] | None:
    """The batch's entry that names ``key``, written at ``made_at``, and what it says of it."""
    wanted = reading.Wanted(acts=frozenset({PLANNED}), since=made_at, until=made_at + _MOMENT)
    for stream, seq in await reading.places(session, wanted):
        entry = await reading.one(session, stream, seq)
        if entry is None:
            continue
        for line in entry.payload["items"]:
            if line[0] == key:
                return entry, dict(zip(LINE, line, strict=True))
    return None


def _of_one(one: Judged, text_hash: str, by: str) -> ledger.Entry:
    line = dict(zip(LINE, _line(one, text_hash), strict=True))
    return ledger.Entry(
        kind="plan",
        act=f"{one.intent.channel.value}.planned",
        actor=by,
        object=f"customer:{one.intent.customer.customer_id}",
        unit=one.intent.customer.unit_id,
        reason=one.intent.trigger,
        payload={name: line[name] for name in ("key", "staff", "way", "script", "text_hash")},
    )


def _of_many(queued: Sequence[tuple[Judged, str]], by: str) -> ledger.Entry:
    units = {one.intent.customer.unit_id for one, _ in queued}
    triggers = {one.intent.trigger for one, _ in queued}
    return ledger.Entry(
        kind="plan",
        act=PLANNED,
        actor=by,
        object=f"batch:{new_id()}",
        unit=units.pop() if len(units) == 1 else "hq",
        reason=triggers.pop() if len(triggers) == 1 else "",
        payload={
            "rows": len(queued),
            "columns": LINE,
            "items": [_line(one, text_hash) for one, text_hash in queued],
        },
    )


def _line(one: Judged, text_hash: str) -> tuple[Any, ...]:
    intent, script = one.intent, one.script
    return (
        intent.key,
        intent.customer.customer_id,
        intent.customer.unit_id,
        intent.customer.owner_staff_id,
        intent.channel.value,
        intent.way,
        intent.trigger,
        f"{script.code}/{script.version}" if script else "",
        text_hash,
    )
