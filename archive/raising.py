"""Raises alerts out of findings: one a message, or one a customer and day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from archive.facts import AlertSeverity
from archive.models import Alert
from kit.ledger import Entry, append


@dataclass(frozen=True, slots=True)
class Opening:
    """What screening wants a person to look at. ``thread`` is the key under which it gathers."""

    thread: str
    kind: str
    severity: AlertSeverity
    msgid: str
    seq: int
    sent_at: datetime
    userid: str | None
    external_userid: str | None
    room_id: str
    rules: tuple[str, ...]
    due_at: datetime


async def raise_alerts(
    session: AsyncSession, openings: Sequence[Opening], *, rulebook: str, at: datetime
) -> tuple[int, dict[str, str]]:
    """Add to what is open under the same thread, open what is not.

    Returns how many are new, and the key of the alert of each thread. What was closed stays
    closed: the thread goes on under a new alert.
    """
    threads: dict[str, list[Opening]] = {}
    for opening in openings:
        threads.setdefault(opening.thread, []).append(opening)
    known, taken = await _known(session, list(threads))
    for thread, alert in known.items():
        alert.messages += len(threads[thread])
        alert.rules = sorted({*alert.rules, *(r for one in threads[thread] for r in one.rules)})
    keys = {thread: alert.key for thread, alert in known.items()}
    new = {thread: ones for thread, ones in threads.items() if thread not in known}
    for thread, ones in new.items():
        keys[thread] = f"{thread}#{ones[0].seq}" if thread in taken else thread
    if new:
        await session.execute(
            insert(Alert), [_row(keys[thread], ones, rulebook, at) for thread, ones in new.items()]
        )
        await append(
            session,
            [
                Entry(
                    kind="chat",
                    act="alert.opened",
                    actor="system:screening",
                    object=f"message:{ones[0].msgid}",
                    reason=f"{ones[0].kind}/{ones[0].severity}",
                    payload={"alert": keys[thread], "rules": ones[0].rules, "rulebook": rulebook},
                )
                for thread, ones in new.items()
            ],
            at=at,
        )
    await session.flush()
    return len(new), keys


async def _known(
    session: AsyncSession, threads: Sequence[str]
) -> tuple[dict[str, Alert], set[str]]:
    """Open alerts by thread, and the threads that had an alert at all."""
    if not threads:
        return {}, set()
    query = (
        select(Alert)
        .where(col(Alert.thread).in_(threads))
        .order_by(col(Alert.id))
        .with_for_update()
    )
    found = (await session.execute(query)).scalars().all()
    opened = {alert.thread: alert for alert in found if alert.state != "closed"}
    return opened, {alert.thread for alert in found}


def _row(key: str, ones: Sequence[Opening], rulebook: str, at: datetime) -> dict[str, Any]:
    first = ones[0]
    return {
        "key": key,
        "thread": first.thread,
        "kind": first.kind,
        "severity": first.severity,
        "state": "new",
        "msgid": first.msgid,
        "seq": first.seq,
        "sent_at": first.sent_at,
        "messages": len(ones),
        "userid": first.userid,
        "external_userid": first.external_userid,
        "room_id": first.room_id,
        "rules": sorted({rule for one in ones for rule in one.rules}),
        "rulebook": rulebook,
        "opened_at": at,
        "due_at": first.due_at,
        "claimed_by": "",
        "escalated_to": "",
        "closed_by": "",
        "outcome": "",
    }
