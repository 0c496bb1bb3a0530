"""What the archive knows of who spoke: friendships need it, and tasks that wait for an answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from archive import pair_talk
from config import policy_catalogue
from crm_sync.valid_adds import talks
from delivery import coming_back
from wiring.parts import Parts

MESSAGES: Final = 20_000


async def note_talks(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Take over who spoke with whom since the last time; a page of messages a transaction."""
    counts = {"pairs": 0, "replied": 0, "up_to": 0}
    while True:
        async with parts.databases.bank.transaction() as session:
            after = await talks.read_up_to(session)
            found, last = await pair_talk.spoken(session, after, MESSAGES)
            counts["up_to"] = last
            if last == after:
                return counts
            rows = [
                talks.Spoken(
                    one.userid, one.external_userid, one.staff_wrote_at, one.customer_wrote_at
                )
                for one in found
            ]
            await talks.note(session, rows, last, at)
            counts["replied"] += await coming_back.replied(
                session,
                [
                    coming_back.Word(
                        one.userid,
                        one.external_userid,
                        one.customer_wrote_at,
                        one.customer_wrote_last_at,
                    )
                    for one in found
                    if one.customer_wrote_at is not None and one.customer_wrote_last_at is not None
                ],
                at=at,
                policy=parts.shelf.of(policy_catalogue.EXECUTION),
            )
            counts["pairs"] += len(rows)
