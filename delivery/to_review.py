"""Words that screening alone keeps from being sent go to the review desk, and may come back.

What was released there may be sent to that customer, word for word, for as long as policy says;
what the rulebook blocks stays blocked until the rule itself is lowered or changed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from compliance.gate import Decision
from compliance.objections import Objection
from compliance.review import cases
from compliance.review.facts import Source, Stop
from content_library.facts import ApprovedScript
from delivery.desk import Desk
from delivery.judging import Judged
from kit.clock import bank_date
from kit.db import cipher_of

SCREENED: Final = frozenset(
    {Objection.SCREENED_BLOCK, Objection.SCREENED_REVIEW, Objection.SAID_IN_PIECES}
)


async def hand_in(
    session: AsyncSession,
    *,
    script: ApprovedScript | None,
    text: str | None,
    decision: Decision | None,
    by: str,
    unit_id: str,
    customer_id: int | None,
    external_userid: str | None,
    at: datetime,
    desk: Desk,
    greeting: str = "",
) -> int:
    """Open a case for each rule, where nothing but screening speaks against the words.

    ``greeting``: what the sender wrote before them, read by itself as the gate does. Returns how
    many are new: a second tap on the same words opens nothing.
    """
    if script is None or text is None or decision is None or not decision.objections:
        return 0
    if not SCREENED.issuperset(decision.objections):
        return 0
    verdict = desk.screener.screen(
        text, speaker="content", product=script.product_kind, on=bank_date(at)
    )
    hits = list(verdict.hits)
    if greeting and text.startswith(greeting):
        own = desk.screener.screen(
            greeting, speaker="content", product=script.product_kind, on=bank_date(at)
        )
        hits += own.hits
        hits.sort(key=lambda hit: hit.severity == "block")  # of one rule the graver is kept
    to_whom = f"customer:{customer_id}" if customer_id is not None else f"script:{script.code}"
    digest = cipher_of(session).blind("text", text)
    spans: dict[str, list[tuple[int, int]]] = {}
    for hit in hits:
        spans.setdefault(hit.rule, []).append((hit.start, hit.end))
    stops = {
        hit.rule: Stop(
            key=f"sidebar:{to_whom}:{digest}:{hit.rule}",
            source=Source.SIDEBAR,
            object=to_whom,
            rule=hit.rule,
            family=hit.family,
            severity=hit.severity,
            rulebook=verdict.rulebook,
            speaker="content",
            product=script.product_kind,
            text=text,
            spans=spans[hit.rule],
            unit_id=unit_id,
            author=by,
            customer_id=customer_id,
            external_userid=external_userid,
        )
        for hit in hits
        if hit.severity != "warn" and hit.rule not in script.accepted_rules
    }
    return await cases.open_cases(session, stops.values(), policy=desk.review, at=at)


async def with_released(
    session: AsyncSession, judged: Sequence[Judged], *, at: datetime, desk: Desk
) -> list[Judged]:
    """The same judgements; a review that was answered for these very words no longer objects."""
    doubted = [one for one in judged if _doubted(one)]
    if not doubted:
        return list(judged)
    since = at - timedelta(days=desk.review.released_days)
    customers = {one.intent.customer.customer_id for one in doubted}
    known = await cases.released(session, customers, since)
    cipher = cipher_of(session)
    found = []
    for one in judged:
        decision = one.decision
        if decision is not None and decision.screened is not None and _doubted(one):
            place = (one.intent.customer.customer_id, cipher.blind("text", one.text or ""))
            accepted = known.get(place, frozenset()) | (
                one.script.accepted_rules if one.script else frozenset()
            )
            if accepted.issuperset(decision.screened.rules):
                one = replace(one, decision=replace(decision, objections=()))
        found.append(one)
    return found


def _doubted(one: Judged) -> bool:
    return one.decision is not None and one.decision.objections == (Objection.SCREENED_REVIEW,)
