"""A tap that ends what earlier words began: the last words of one sender are read together.

What was handed out to a manager for the same contact within the policy's minutes, and what the
archive has of the manager's own typing, is joined with the words of the tap (规则目录 §8 分条发送).
Only a rule broken over the border counts: what stands in one message alone was judged with it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.objections import Objection
from compliance.review import cases
from compliance.screening.facts import LEARNED_RULE, Hit
from compliance.screening.splits import Said, across, together
from delivery.desk import Desk
from delivery.judging import Judged
from delivery.models import SendTicket, TicketState
from kit.crypto import FieldCipher
from kit.db import cipher_of

Pair = tuple[str, str]  # userid in lower case, external_userid
_SENT = (
    TicketState.PREPARED,
    TicketState.CLAIMED,
    TicketState.CONFIRMED,
    TicketState.DIFFERS,
)


async def read_together(
    session: AsyncSession,
    judged: Sequence[Judged],
    *,
    at: datetime,
    desk: Desk,
    heard: Mapping[Pair, Sequence[Said]],
) -> list[Judged]:
    """The same judgements; words that break a rule together with earlier ones may not be sent.

    ``heard``: what the archive has of the senders in these talks.
    """
    handed = await _handed_out(session, judged, at - desk.splits.within)
    if not handed and not heard:
        return list(judged)
    cipher = cipher_of(session)
    since = at - timedelta(days=desk.review.released_days)
    known = await cases.released(
        session, {one.intent.customer.customer_id for one in judged}, since
    )
    found = []
    for one in judged:
        pair = _pair(one)
        texts = {said.text for said in handed.get(pair, ())}
        typed = [said for said in heard.get(pair, ()) if said.text not in texts]
        earlier = sorted([*handed.get(pair, ()), *typed], key=lambda said: said.at)
        found.append(_judged_with(one, earlier, known, cipher, at, desk))
    return found


def _judged_with(
    one: Judged,
    earlier: Sequence[Said],
    known: Mapping[tuple[int, str], frozenset[str]],
    cipher: FieldCipher,
    at: datetime,
    desk: Desk,
) -> Judged:
    if not earlier or one.objections or not (one.text and one.script and one.decision):
        return one
    joined, hits = _over_the_border(one.text, one.script.product_kind, earlier, at, desk)
    if not hits:
        return one
    place = (one.intent.customer.customer_id, cipher.blind("text", joined))
    rules = list(dict.fromkeys(hit.rule for hit in hits))
    grave = any(hit.severity == "block" for hit in hits)
    if not grave and known.get(place, frozenset()).issuperset(rules):
        return one
    objections = (*one.decision.objections, Objection.SAID_IN_PIECES)
    details = {**one.decision.details, Objection.SAID_IN_PIECES: "、".join(rules)}
    decision = replace(one.decision, objections=objections, details=details)
    return replace(one, decision=decision, joined=joined)


def _over_the_border(
    text: str, product: str | None, earlier: Sequence[Said], at: datetime, desk: Desk
) -> tuple[str, list[Hit]]:
    """The joined words that break a rule over the border, with the hits; the learned rule apart.

    The first line is read alone too: calm words behind a promise soften it no more than they
    soften a greeting. The learned rule weighs whole sentences, which a join does not make.
    """
    for words in dict.fromkeys((text, text.partition("\n")[0])):
        last = Said(words, at)
        join = across(
            desk.screener, earlier, last, speaker="content", product=product, policy=desk.splits
        )
        hits = [hit for hit in join.hits if hit.severity != "warn" and hit.rule != LEARNED_RULE]
        if hits:
            near = together(earlier, last, desk.splits)
            return "".join(said.text for said in near) + words, hits
    return "", []


def _pair(one: Judged) -> Pair:
    reach = one.intent.reach
    return (reach.userid.lower(), reach.external_userid) if reach else ("", "")


async def _handed_out(
    session: AsyncSession, judged: Sequence[Judged], since: datetime
) -> dict[Pair, list[Said]]:
    """What was handed out for these contacts since then and not taken back, oldest first."""
    pairs = {_pair(one) for one in judged if one.intent.reach is not None}
    if not pairs:
        return {}
    query = (
        select(SendTicket)
        .where(
            col(SendTicket.customer_id).in_(
                sorted({one.intent.customer.customer_id for one in judged})
            ),
            func.lower(col(SendTicket.userid)).in_(sorted({userid for userid, _ in pairs})),
            col(SendTicket.issued_at) >= since,
            col(SendTicket.state).in_(_SENT),
        )
        .order_by(col(SendTicket.issued_at), col(SendTicket.id))
    )
    cipher = cipher_of(session)
    found: dict[Pair, list[Said]] = {}
    for row in (await session.execute(query)).scalars():
        pair = (row.userid.lower(), row.external_userid)
        text = cipher.open("send_ticket.text", str(row.id), row.text)
        found.setdefault(pair, []).append(Said(text, row.issued_at))
    return found
