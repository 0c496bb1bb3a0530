"""A customer says no: recorded, and out of every queue, in one transaction.

Whoever hears it (the customer's own page, a chat phrase, a manager, a branch, the bank's file)
comes here, so that no way of saying it is weaker than another.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from compliance import opting_out as wishes
from compliance.facts import ConsentFact, ConsentPurpose
from compliance.opting_out import MEANINGS, Choice
from compliance.repository import chunks, recipient_standing
from content_library import repository as scripts_of
from crm_sync.readings import keeping as readings
from delivery import departing
from delivery.departing import Gone
from delivery.queues import QUEUES, Wish, Withdrawn, handed_over, versions_waiting
from kit import ledger

EACH_ON_RECORD: Final = 200
"""Up to this many withdrawn things have an entry each; more are counted by unit and kind."""


@dataclass(frozen=True, slots=True)
class OptedOut:
    """What an opt-out took out of the queues, by kind of thing; ``handed_over`` could not be:
    it was already under way to WeCom, or there."""

    withdrawn: Mapping[str, int]
    handed_over: int

    @property
    def total(self) -> int:
        """How many things will not happen."""
        return sum(self.withdrawn.values())


async def opt_out(
    session: AsyncSession,
    customer_id: int,
    choice: Choice,
    *,
    source: str,
    words: str,
    at: datetime,
    actor: str,
    unit: str = "hq",
) -> OptedOut:
    """Record that a customer wants no more of it and withdraw what waits; effective on commit.

    ``source``: where it was said; ``words``: what was said. ``actor``: ``customer:<id>`` or the
    member of staff who writes it down. What WeCom has already is named in a work item.
    """
    await departing.in_turn(session, customer_id)
    await wishes.refuse(
        session, customer_id, choice, source=source, words=words, at=at, actor=actor, unit=unit
    )
    meaning = MEANINGS[choice]
    if ConsentPurpose.PROFILING in meaning.consents:
        await readings.forget(session, [customer_id])
    return await withdraw(
        session,
        [customer_id],
        purposes=meaning.purposes,
        personal=meaning.personal,
        actor=actor,
        at=at,
    )


async def withdraw(
    session: AsyncSession,
    customer_ids: Iterable[int],
    *,
    purposes: Iterable[str],
    actor: str,
    at: datetime,
    personal: bool = False,
    said: str = "退订",
) -> OptedOut:
    """Take everything of these purposes out of every queue, for any number of customers.

    ``personal``: only what was written for a persona. ``said``: what the customer did.
    """
    wanted = tuple(sorted(purposes))
    withdrawn: list[Withdrawn] = []
    handed: list[Gone] = []
    for ids in chunks(customer_ids):
        versions = None
        if personal:
            waiting = await versions_waiting(session, ids)
            scripts = await scripts_of.by_version(session, waiting)
            versions = tuple(sorted(number for number, one in scripts.items() if one.personas))
        wish = Wish(tuple(ids), wanted, versions)
        for queue in QUEUES:
            withdrawn += await queue.withdraw(session, wish, at)
        if not personal:
            handed += await handed_over(session, ids, wanted)
    if chains := chains_of(withdrawn, handed):
        await ledger.hold(session, chains, at=at)
    await _record(session, withdrawn, actor=actor, at=at, said=said)
    await departing.tell(session, handed, actor=actor, at=at, said=said)
    counts = Counter(one.object.partition(":")[0] for one in withdrawn)
    return OptedOut(dict(counts), len(handed))


def chains_of(withdrawn: Sequence[Withdrawn], handed: Sequence[Gone]) -> list[str]:
    """The chains of the ledger that both records of a no are written to, in the order of turns.

    Because they are taken together: a worker that settles a call to one unit while it waits for
    another would otherwise stand against a no that holds the second and waits for the first.
    """
    units = {one.unit_id for one in withdrawn} | {one.unit_id for one in handed}
    return sorted(f"send:{unit}" for unit in units)


async def follow_refusals(
    session: AsyncSession, facts: Sequence[ConsentFact], *, actor: str, at: datetime
) -> OptedOut:
    """Decisions arrived in bulk: whoever now refuses a purpose leaves its queues.

    Looks at what holds, because a file may bring an old refusal after a newer consent.
    """
    refused: dict[str, set[int]] = {}
    for fact in facts:
        if not fact.given:
            refused.setdefault(fact.purpose, set()).add(fact.customer_id)
    total: Counter[str] = Counter()
    handed = 0
    for purpose in sorted(refused.keys() & {"service", "care", "marketing", "profiling"}):
        standing = await recipient_standing(session, refused[purpose])
        holding = [number for number, one in standing.items() if purpose in one.refusals]
        personal = purpose == "profiling"
        if personal:
            await readings.forget(session, holding)
        done = await withdraw(
            session,
            holding,
            purposes=("care", "marketing") if personal else (purpose,),
            personal=personal,
            actor=actor,
            at=at,
        )
        total.update(done.withdrawn)
        handed += done.handed_over
    return OptedOut(dict(total), handed)


async def _record(
    session: AsyncSession, withdrawn: Sequence[Withdrawn], *, actor: str, at: datetime, said: str
) -> None:
    if len(withdrawn) <= EACH_ON_RECORD:
        entries = [
            ledger.Entry(
                kind="send",
                act="queue.withdrawn",
                actor=actor,
                object=one.object,
                unit=one.unit_id,
                reason=f"客户{said}",
                payload={"customer": one.customer_id},
            )
            for one in withdrawn
        ]
    else:
        counts: dict[str, Counter[str]] = {}
        for one in withdrawn:
            counts.setdefault(one.unit_id, Counter())[one.object.partition(":")[0]] += 1
        entries = [
            ledger.Entry(
                kind="send",
                act="queue.withdrawn",
                actor=actor,
                object="list:opt_out",
                unit=unit,
                reason=f"客户{said}",
                payload={"withdrawn": dict(number)},
            )
            for unit, number in sorted(counts.items())
        ]
    await ledger.append(session, entries, at=at)
