"""Notes traces of interests: a click in an article, a visit to an event, what a customer told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config import persona_policy
from config.persona_policy import PersonaPolicy, Source
from crm_sync.errors import TagWordForbidden
from crm_sync.models import BehaviourSignal
from crm_sync.repository.keys import among
from kit.db import insert_new


@dataclass(frozen=True, slots=True)
class TraceFact:
    """One trace. ``number`` names it for good, so that it counts once however often it is told.

    ``ref`` is where it can be found again (page, event, message); ``says`` the sentence for
    people; ``consented`` that the customer agreed to be known by this.
    """

    number: str
    customer_id: int
    interest: str
    source: Source
    at: datetime
    ref: str = ""
    says: str = ""
    consented: bool = False


async def note(
    session: AsyncSession,
    traces: Sequence[TraceFact],
    *,
    at: datetime,
    policy: PersonaPolicy | None = None,
) -> int:
    """Keep the traces that are new, in one statement; returns how many were.

    They become tags and personas at the next evaluation, with their source, a confidence that
    fades, and an end. Raises TagWordForbidden for an interest that no tag may name.
    """
    rules = policy or persona_policy.load()
    for word in {one.interest for one in traces}:
        family = rules.forbidden_family(word)
        if family is not None:
            raise TagWordForbidden(family)
    told = {one.number: one for one in traces}
    number = col(BehaviourSignal.signal_no)
    known = select(number).where(among(session, number, list(told)))
    for one in (await session.execute(known)).scalars():
        del told[one]
    rows = [
        {
            "signal_no": one.number,
            "customer_id": one.customer_id,
            "interest": one.interest[:40],
            "origin": one.source,
            "at": one.at,
            "ref": one.ref[:120],
            "says": one.says[:120],
            "consented": one.consented,
            "noted_at": at,
        }
        for one in told.values()
    ]
    await insert_new(session, BehaviourSignal, rows, key=["signal_no"])
    return len(rows)
