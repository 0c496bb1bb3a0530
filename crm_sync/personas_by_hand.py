"""A person gives a persona, a customer has one taken off, and anybody may ask why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config import tier_policy
from config.persona_policy import Persona, PersonaPolicy
from config.tier_policy import TierPolicy
from crm_sync.errors import CustomerUnknown, PersonaUnknown, ReasonMissing, TagWordForbidden
from crm_sync.models import Customer, PersonaMembership, PersonaRefusal
from crm_sync.personas import evaluate_customers, record_changes
from crm_sync.repository.persona_changes import delete_memberships
from crm_sync.repository.subjects import Window, refusals
from crm_sync.rules import memberships
from crm_sync.rules.ages import is_elder
from crm_sync.rules.conditions import Ask, Frame
from crm_sync.rules.evidence import sayings
from crm_sync.rules.personas import Judged, judge
from crm_sync.rules.signals import Signal
from crm_sync.segments.asking import NOTHING, Outside
from crm_sync.segments.values import values_of
from kit.clock import bank_date
from kit.db import upsert

REASON_AT_MOST: Final = 200
_TRACES: Final = Ask("interest", "has")


@dataclass(frozen=True, slots=True)
class PersonaWhy:
    """One persona of one customer: in or out, and the sentences for it."""

    persona: str
    title: str
    member: bool
    is_primary: bool
    source: str
    confidence: int
    since: datetime | None
    expires_at: datetime | None
    rule_version: str
    why: tuple[str, ...]
    why_not: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a customer is in their personas and not in the others; ``elder_65`` is no persona."""

    customer_id: int
    customer_no: str
    elder_65: bool
    personas: tuple[PersonaWhy, ...]


async def explain(
    session: AsyncSession,
    customer_no: str,
    policy: PersonaPolicy,
    at: datetime,
    *,
    tiers: TierPolicy | None = None,
    signals: Iterable[Signal] | None = None,
    outside: Outside = NOTHING,
) -> Explanation:
    """Every persona of the policy for one customer, members first.

    ``why`` is the evidence as it was stored; ``why_not`` is what the rules say now, a refusal in
    force, or the personas that stand before it. Raises CustomerUnknown.
    """
    customer_id = await _customer(session, customer_no)
    window = Window(ids=(customer_id,))
    frame = Frame(at, policy, tiers or tier_policy.load())
    asked = [*(one.rule for one in policy.grounds), Ask("age", "known"), _TRACES]
    values = dict((await values_of(session, [customer_id], asked, frame, outside))[customer_id])
    values["interest"] = [*(values.get("interest") or ()), *(signals or ())]
    refused = (await refusals(session, window, at)).get(customer_id, {})
    stored = {
        row.persona: row
        for row in (
            await session.execute(
                select(PersonaMembership)
                .where(col(PersonaMembership.customer_id) == customer_id)
                .execution_options(populate_existing=True)
            )
        ).scalars()
    }
    reasons = [
        _why(persona, judge(persona, values, frame), stored, refused, policy)
        for persona in policy.persona
    ]
    reasons.sort(key=lambda one: (not one.is_primary, not one.member, -one.confidence))
    return Explanation(
        customer_id, customer_no, is_elder(values["born_on"], frame.on), tuple(reasons)
    )


def _why(
    persona: Persona,
    judged: Judged,
    stored: dict[str, PersonaMembership],
    refused: dict[str, PersonaRefusal],
    policy: PersonaPolicy,
) -> PersonaWhy:
    row = stored.get(persona.name)
    if row is not None:
        return PersonaWhy(
            persona=persona.name,
            title=persona.title,
            member=True,
            is_primary=row.is_primary,
            source=row.source,
            confidence=row.confidence,
            since=row.since,
            expires_at=row.expires_at,
            rule_version=row.rule_version,
            why=sayings(row.evidence, bank_date(row.since)),
            why_not=(),
        )
    why_not: tuple[str, ...] = judged.why_not
    refusal = refused.get(persona.name)
    if refusal is not None:
        day, until = bank_date(refusal.refused_at), bank_date(refusal.until)
        why_not = (f"{day} 应客户要求删除，{until} 之前不再推断", *why_not)
    elif judged.met and len(stored) >= policy.max_active:
        why_not = (f"符合条件，但已有 {policy.max_active} 个排在前面的客群：{'、'.join(stored)}",)
    elif judged.met:
        why_not = ("符合条件，下一次评估时加入",)
    return PersonaWhy(
        persona=persona.name,
        title=persona.title,
        member=False,
        is_primary=False,
        source=judged.source if judged.met else "",
        confidence=judged.confidence,
        since=None,
        expires_at=None,
        rule_version=policy.rule_version,
        why=(),
        why_not=why_not,
    )


async def give_persona(
    session: AsyncSession,
    customer_id: int,
    persona: str,
    *,
    policy: PersonaPolicy,
    actor: str,
    reason: str,
    at: datetime,
    request_id: str = "",
) -> None:
    """Put a customer into a persona because a person says so; another may have to make room.

    Lasts ``hand_days``; a refusal in force is lifted, because the customer's wish is asked anew.
    Raises PersonaUnknown, CustomerUnknown, ReasonMissing, and TagWordForbidden when the reason
    names what no tag may say.
    """
    known = policy.named(persona)
    if known is None:
        raise PersonaUnknown(persona, [one.name for one in policy.persona])
    words = " ".join(reason.split())[:REASON_AT_MOST]
    if not words:
        raise ReasonMissing
    family = policy.forbidden_family(words)
    if family is not None:
        raise TagWordForbidden(family)
    await _present(session, customer_id)
    await _lift_refusal(session, customer_id, persona, at)
    says = f"{bank_date(at)} 人工添加：{words}"
    row = {
        "customer_id": customer_id,
        "persona": persona,
        "source": "hand",
        "confidence": policy.sources["hand"].confidence,
        "evidence": [{"fact": memberships.BY_HAND, "value": actor, "says": says}],
        "rule_version": policy.rule_version,
        "by_hand": True,
        "is_primary": False,
        "since": at,
        "expires_at": at + timedelta(days=policy.hand_days),
    }
    columns = ["source", "confidence", "evidence", "rule_version", "by_hand", "expires_at"]
    await upsert(session, PersonaMembership, [row], key=["customer_id", "persona"], update=columns)
    change = {"joined": [{"persona": persona, "source": "hand", "why": [says]}], "left": []}
    await record_changes(
        session, {customer_id: change}, at, actor=actor, reason=words, request_id=request_id
    )
    await evaluate_customers(session, policy, at, [customer_id])


async def refuse_persona(
    session: AsyncSession,
    customer_id: int,
    persona: str,
    *,
    policy: PersonaPolicy,
    actor: str,
    reason: str,
    at: datetime,
    request_id: str = "",
) -> datetime:
    """Take a persona off at the customer's wish; returns until when it is not inferred again.

    What stood behind it moves up at once. Raises PersonaUnknown, CustomerUnknown.
    """
    if policy.named(persona) is None:
        raise PersonaUnknown(persona, [one.name for one in policy.persona])
    await _present(session, customer_id)
    until = at + timedelta(days=policy.refusal_days)
    words = " ".join(reason.split())[:REASON_AT_MOST]
    row = {
        "customer_id": customer_id,
        "persona": persona,
        "refused_at": at,
        "until": until,
        "by": actor,
        "reason": words,
    }
    await upsert(
        session,
        PersonaRefusal,
        [row],
        key=["customer_id", "persona"],
        update=["refused_at", "until", "by", "reason"],
    )
    await delete_memberships(session, [{"customer": customer_id, "which": persona}])
    change = {"joined": [], "left": [persona], "refused_until": until}
    await record_changes(
        session, {customer_id: change}, at, actor=actor, reason=words, request_id=request_id
    )
    await evaluate_customers(session, policy, at, [customer_id])
    return until


async def _customer(session: AsyncSession, customer_no: str) -> int:
    query = select(col(Customer.id)).where(
        col(Customer.customer_no) == customer_no, col(Customer.removed_at).is_(None)
    )
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise CustomerUnknown(customer_no)
    return found


async def _present(session: AsyncSession, customer_id: int) -> None:
    query = select(col(Customer.id)).where(
        col(Customer.id) == customer_id, col(Customer.removed_at).is_(None)
    )
    if (await session.execute(query)).first() is None:
        raise CustomerUnknown(str(customer_id))


async def _lift_refusal(
    session: AsyncSession, customer_id: int, persona: str, at: datetime
) -> None:
    row = await session.get(PersonaRefusal, (customer_id, persona), populate_existing=True)
    if row is not None and row.until > at:
        await session.delete(row)
        await session.flush()
