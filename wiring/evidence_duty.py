"""Outcomes that managers noted, against what the archive, other systems and the core system know."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from archive import pair_talk
from config import policy_catalogue
from delivery import evidence
from wiring.parts import Parts


async def round_of(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Close what is proved, a page of to-dos a transaction; how many were looked at and closed."""
    policy = parts.shelf.of(policy_catalogue.EXECUTION)
    counts, last = {"noted": 0, "closed": 0}, 0
    while True:
        async with parts.databases.bank.transaction() as session:
            noted = await evidence.waiting(session, at=at, policy=policy, after=last)
            if not noted:
                return counts
            last = noted[-1].id
            pairs = {one.pair for one in noted if one.pair[1]}
            since = min(one.since for one in noted)
            talked = await pair_talk.last_words(session, pairs, since)
            counts["closed"] += await evidence.close(session, noted, talked, at=at, policy=policy)
            counts["noted"] += len(noted)
