"""The policies in force, from the database onto the shelf of this process."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from compliance.policy import GatePolicy
from compliance.screening.splits import SplitPolicy
from config import policy_catalogue
from config.policy_shelf import Shelf
from config.rule_sets import rule_sets
from kit.policies import repository
from kit.policies.reading import kind_of, values_of


async def fill(shelf: Shelf, session: AsyncSession) -> bool:
    """Put on the shelf what came into force since it was filled last; whether anything did.

    Raises PolicyRefused for a version that this program does not understand: then nothing of it
    is put there, and what held before holds on.
    """
    if await repository.numbers_in_force(session) == shelf.numbers:
        return False
    for name, version in (await repository.in_force(session)).items():
        if shelf.numbers.get(name) != version.number:
            kind = kind_of(name)
            shelf.put(kind, values_of(kind, version.text), version.number)
    return True


def splits_of(shelf: Shelf) -> SplitPolicy:
    """How far back one sender's words are read together, from the shelf."""
    talk = shelf.of(policy_catalogue.SPLIT_TALK)
    return SplitPolicy(talk.messages, timedelta(minutes=talk.within_minutes))


def gate_policy(shelf: Shelf, own_hosts: frozenset[str]) -> GatePolicy:
    """What the gate judges by, from the shelf."""
    return GatePolicy.of(
        shelf.of(policy_catalogue.OUTREACH),
        rule_sets(shelf),
        shelf.of(policy_catalogue.DISCLOSURES),
        hosts=own_hosts,
    )
