"""A customer proved who they are (实名): the link stands, or a person decides; never silently.

The proof is made elsewhere (``crm_sync.linking``); here it becomes a row with its evidence and
an entry. Nothing is bound against another customer, another name or a person's earlier word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.binding import BindingOutcome
from crm_sync.binding_steps import close_links, locked, record
from crm_sync.models import Binding, Contact, Customer
from crm_sync.repository.evidence import BY_A_PERSON, followers, owners
from crm_sync.repository.keys import among
from crm_sync.rules.binding import CONFIDENCE, SAYINGS, Evidence, Method, Reason, State

SYSTEM = "system:binding"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a customer showed: the number is theirs, and whose name they gave.

    ``candidates`` are the customers of that number; ``named`` the only one of them who has the
    name too. ``facts`` go into the evidence: ids and versions, never a name or a number.
    """

    external_userid: str
    candidates: tuple[int, ...]
    named: int | None
    facts: Mapping[str, str] = field(default_factory=dict)


async def bind_real_name(
    session: AsyncSession, proof: Proof, at: datetime, *, request_id: str = ""
) -> BindingOutcome:
    """Bind by what the customer proved, or store the conflict. Raises ContactUnknown.

    The outcome's state is confirmed, conflict, or none where the customers are gone by now.
    """
    bound_to = await locked(session, proof.external_userid)
    candidates = await _still_here(session, proof.candidates)
    named = proof.named if proof.named in candidates else None
    if not candidates:
        return BindingOutcome(proof.external_userid, State.NONE, bound_to)
    rejected = await _rejected(session, proof.external_userid, candidates)
    reason = _objection(bound_to, named, candidates, rejected)
    if reason is None and named is not None:
        return await _confirm(session, proof, named, bound_to, at, request_id)
    rivals = [named] if named is not None else candidates
    return await _wait(session, proof, bound_to, rivals, reason, at, request_id)


def _objection(
    bound_to: int | None, named: int | None, candidates: Sequence[int], rejected: frozenset[int]
) -> Reason | None:
    if bound_to is not None and bound_to != named:
        return Reason.BOUND_ELSEWHERE if named is not None else Reason.NAME_DIFFERS
    if named is None:
        return Reason.SEVERAL_CUSTOMERS if len(candidates) > 1 else Reason.NAME_DIFFERS
    if bound_to is None and named in rejected:
        return Reason.REJECTED_BEFORE
    return None


async def _confirm(
    session: AsyncSession,
    proof: Proof,
    customer_id: int,
    bound_to: int | None,
    at: datetime,
    request_id: str,
) -> BindingOutcome:
    external, actor = proof.external_userid, f"customer:{customer_id}"
    await close_links(session, external, ["conflict", "proposed"], actor, at)
    evidence = Evidence(customer_id, Method.REAL_NAME, dict(proof.facts))
    await session.execute(
        insert(Binding), [_row(external, evidence, "confirmed", actor, at, "", None)]
    )
    if bound_to is None:
        await session.execute(
            update(Contact)
            .where(col(Contact.external_userid) == external)
            .values(customer_id=customer_id)
        )
    unit, owner = (await owners(session, [customer_id]))[customer_id]
    following = (await followers(session, [external])).get(external, ())
    payload = {
        "customer_id": customer_id,
        "method": Method.REAL_NAME,
        "confidence": evidence.confidence,
        "evidence": dict(proof.facts),
        "was_bound": bound_to is not None,
        "owner_mismatch": owner not in following,
    }
    await record(
        session, "contact.bound", external, unit, actor, "客户实名认证", payload, at, request_id
    )
    return BindingOutcome(
        external_userid=external,
        state=State.CONFIRMED.value,
        customer_id=customer_id,
        method=Method.REAL_NAME.value,
        confidence=evidence.confidence,
        evidence=(evidence,),
        news=True,
        unit_id=unit,
        owner_staff_id=owner or None,
        follower_staff_ids=following,
        owner_mismatch=owner not in following,
    )


async def _wait(
    session: AsyncSession,
    proof: Proof,
    bound_to: int | None,
    rivals: Sequence[int],
    reason: Reason | None,
    at: datetime,
    request_id: str,
) -> BindingOutcome:
    external = proof.external_userid
    open_ones = await _open(session, external)
    claims = [Evidence(one, Method.REAL_NAME, dict(proof.facts)) for one in rivals]
    rows = [
        _row(external, one, "conflict", SYSTEM, at, reason or "", bound_to)
        for one in claims
        if one.customer_id not in open_ones
    ]
    unit, owner = (await owners(session, rivals[:1]))[rivals[0]]
    if rows:
        await session.execute(insert(Binding), rows)
        payload = {
            "customer_id": bound_to,
            "method": Method.REAL_NAME,
            "rivals": list(rivals),
            "evidence": dict(proof.facts),
        }
        await record(
            session,
            "contact.binding_conflict",
            external,
            unit,
            SYSTEM,
            SAYINGS[reason] if reason else "",
            payload,
            at,
            request_id,
        )
    return BindingOutcome(
        external_userid=external,
        state=State.CONFLICT.value,
        customer_id=bound_to,
        method=Method.REAL_NAME.value,
        confidence=CONFIDENCE[Method.REAL_NAME],
        rivals=tuple(claims),
        reason=reason.value if reason else None,
        saying=SAYINGS[reason] if reason else "",
        news=bool(rows),
        unit_id=unit,
        owner_staff_id=owner or None,
        follower_staff_ids=(await followers(session, [external])).get(external, ()),
    )


def _row(
    external: str,
    evidence: Evidence,
    state: str,
    by: str,
    at: datetime,
    reason: str,
    bound_to: int | None,
) -> dict[str, Any]:
    return {
        "external_userid": external,
        "customer_id": evidence.customer_id,
        "method": evidence.method,
        "confidence": evidence.confidence,
        "evidence": {
            "reason": reason,
            "bound_to": bound_to,
            "facts": [{"method": evidence.method, **evidence.facts}],
        },
        "state": state,
        "by": by,
        "at": at,
        "undone_by": "",
    }


async def _still_here(session: AsyncSession, customer_ids: Sequence[int]) -> list[int]:
    query = (
        select(col(Customer.id))
        .where(among(session, col(Customer.id), customer_ids), col(Customer.removed_at).is_(None))
        .order_by(col(Customer.id))
    )
    return [one for one in (await session.execute(query)).scalars() if one is not None]


async def _rejected(
    session: AsyncSession, external: str, customer_ids: Sequence[int]
) -> frozenset[int]:
    query = select(col(Binding.customer_id)).where(
        col(Binding.external_userid) == external,
        among(session, col(Binding.customer_id), customer_ids),
        col(Binding.state) == "undone",
        or_(*(col(Binding.undone_by).startswith(kind) for kind in BY_A_PERSON)),
    )
    return frozenset((await session.execute(query)).scalars())


async def _open(session: AsyncSession, external: str) -> frozenset[int]:
    query = select(col(Binding.customer_id)).where(
        col(Binding.external_userid) == external,
        col(Binding.state) == "conflict",
        col(Binding.method) == Method.REAL_NAME,
    )
    return frozenset((await session.execute(query)).scalars())
