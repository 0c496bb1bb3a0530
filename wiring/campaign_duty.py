"""Campaigns by the clock: draws, waves, endings; what was stopped is swept three times a minute."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select

from archive.replied import wrote_since
from campaigns.waves import jobs, sources
from campaigns.waves.facts import Known
from config import policy_catalogue
from crm_sync.segments.contacts import of_customers
from delivery import emptying
from delivery.candidates import Source
from delivery.repository import plans
from insights.known_elsewhere import known_elsewhere
from kit.clock import bank_date
from wiring.parts import Parts


def known(parts: Parts) -> Known:
    """What a segment is found by, as it holds now."""
    return Known(parts.personas, parts.tiers, known_elsewhere())


def answered(since: datetime) -> Sequence[Select[Any]]:
    """Customers who wrote to a member since, as the archive shows it."""
    return (of_customers(wrote_since(since)),)


async def begin(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Draws, endings and answers, before the day is planned."""
    return await jobs.begin(
        parts.databases.bank,
        known=known(parts),
        policy=parts.shelf.of(policy_catalogue.CAMPAIGNS),
        at=at,
        answered=answered,
    )


async def candidates(parts: Parts, day: date, at: datetime) -> list[Source]:
    """What campaigns have to say on ``day``: merged with the reminders, one voice a customer."""
    policy = parts.shelf.of(policy_catalogue.CAMPAIGNS)
    due = await sources.due(parts.databases.bank, day=day, at=at, policy=policy)
    return [one.source() for one in due]


async def minutely(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Whatever is due at ``at`` and was not planned with the day.

    Nothing before the day is planned: what is more urgent to a customer must be there first.
    """
    async with parts.databases.bank.reading() as session:
        if not await plans.finished(session, bank_date(at)):
            return {}
    return await jobs.run(
        parts.databases.bank,
        known=known(parts),
        desk=parts.desk,
        policy=parts.shelf.of(policy_catalogue.CAMPAIGNS),
        at=at,
        answered=answered,
    )


async def sweep(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Empty the queues of stopped campaigns, and cancel what WeCom has of them."""
    return await emptying.sweep(parts.databases.bank, parts.wecom, parts.clock)
