"""Execution by the clock (H2): told, reminded, proved, answered for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from archive import pair_talk
from config import policy_catalogue
from delivery import coming_back, jobs, reminding
from delivery import evidence as noted_outcomes
from delivery import undone as left_undone
from wiring.parts import Parts


async def announce(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """A card a morning to every manager with new to-dos."""
    told = await jobs.announce(
        parts.databases.bank,
        at=at,
        public_url=parts.settings.public_url,
        bank_name=parts.settings.bank_name,
    )
    return {"managers": told}


async def remind(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Members are asked to confirm what waits in WeCom."""
    policy = parts.shelf.of(policy_catalogue.EXECUTION)
    return await reminding.remind(parts.databases.bank, parts.wecom, parts.clock, policy)


async def nudge(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """A card in the afternoon to who has not done all."""
    told = await reminding.nudge(
        parts.databases.bank,
        at=at,
        public_url=parts.settings.public_url,
        bank_name=parts.settings.bank_name,
    )
    return {"managers": told}


async def undone(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """What nobody did goes to the head of the branch; what was done after all leaves the desk."""
    async with parts.databases.bank.transaction() as session:
        settled = await left_undone.settle(session, at=at)
        opened = await left_undone.escalate(
            session, at=at, policy=parts.shelf.of(policy_catalogue.EXECUTION)
        )
    return {"opened": opened, "settled": settled}


async def deals(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """New holdings after what was done."""
    policy = parts.shelf.of(policy_catalogue.EXECUTION)
    async with parts.databases.bank.transaction() as session:
        return {"deals": await coming_back.deals(session, at=at, policy=policy)}


async def evidence(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Close what is proved, a page of to-dos a transaction; how many were looked at and closed."""
    policy = parts.shelf.of(policy_catalogue.EXECUTION)
    counts, last = {"noted": 0, "closed": 0}, 0
    while True:
        async with parts.databases.bank.transaction() as session:
            noted = await noted_outcomes.waiting(session, at=at, policy=policy, after=last)
            if not noted:
                return counts
            last = noted[-1].id
            pairs = {one.pair for one in noted if one.pair[1]}
            since = min(one.since for one in noted)
            talked = await pair_talk.last_words(session, pairs, since)
            counts["closed"] += await noted_outcomes.close(
                session, noted, talked, at=at, policy=policy
            )
            counts["noted"] += len(noted)
