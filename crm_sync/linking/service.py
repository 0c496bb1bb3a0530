"""Ask for a code, prove it: the same steps, rows and words whether the number is known or not.

Nothing raises for what a visitor does: a refusal must be counted, and what raises is rolled back.
"""

import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.linking_policy import By, LinkingPolicy
from crm_sync.binding import BindingOutcome
from crm_sync.binding_real_name import Proof, bind_real_name
from crm_sync.linking import limits, visits
from crm_sync.linking.rules import CODE_DIGITS, network_of, same_name
from crm_sync.linking.visits import Visit
from crm_sync.models import Customer, LinkCode, LinkTry, LinkVisit
from kit.db import cipher_of

CODE: Final = "link_code"


class Step(StrEnum):
    """How a step ended, as far as a visitor may know."""

    SENT = "sent"  # a code was asked for; whether one was sent depends on whose number it is
    WRONG = "wrong"  # wrong, used, too old, tried too often, sent to nobody: all the same
    LIMITED = "limited"
    BOUND = "bound"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Asked:
    """``code`` is to be sent after the answer has gone out; None: there is nobody to send it to."""

    step: Step
    code: str | None = field(default=None, repr=False)
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Proved:
    """``outcome`` says what became of the link, ``consents`` what the customer agreed to beside."""

    step: Step
    again_at: datetime | None = None
    outcome: BindingOutcome | None = None
    consents: tuple[str, ...] = ()
    notice: str = ""


async def ask_code(
    session: AsyncSession,
    policy: LinkingPolicy,
    visit: Visit,
    *,
    phone: str,
    name: str,
    consents: Collection[str],
    address: str,
    at: datetime,
) -> Asked:
    """Make a code for ``phone`` (eleven digits); an older code of the visit ends with it."""
    keys: dict[By, str] = {
        "identity": visit.external_userid,
        "phone": phone,
        "address": network_of(address),
    }
    again_at = await limits.count(session, policy, "ask", keys, at)
    if again_at is not None:
        return Asked(Step.LIMITED, again_at=again_at)
    cipher = cipher_of(session)
    phone_hash = cipher.blind("phone", phone)
    query = (
        select(col(Customer.id), col(Customer.customer_no), col(Customer.name))
        .where(col(Customer.phone_hash) == phone_hash, col(Customer.removed_at).is_(None))
        .order_by(col(Customer.id))
    )
    known = (await session.execute(query)).all()
    named = [
        one.id
        for one in known
        if same_name(name, cipher.open_or_none("customer.name", one.customer_no, one.name))
    ]
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    salt = secrets.token_hex(16)
    await session.execute(
        update(LinkCode)
        .where(col(LinkCode.visit_hash) == visit.key, col(LinkCode.ended_at).is_(None))
        .values(ended_at=at)
        .execution_options(synchronize_session=False)
    )
    session.add(
        LinkCode(
            visit_hash=visit.key,
            external_userid=visit.external_userid,
            phone_hash=phone_hash,
            salt=salt,
            code_hash=cipher.blind(CODE, f"{salt}:{code}"),
            candidates=[one.id for one in known],
            named=named[0] if len(named) == 1 else None,
            consents=sorted(consents),
            notice=policy.notice.version,
            asked_at=at,
            expires_at=at + timedelta(minutes=policy.code_minutes),
        )
    )
    await session.flush()
    return Asked(Step.SENT, code if known else None)


async def prove(
    session: AsyncSession,
    policy: LinkingPolicy,
    visit: Visit,
    *,
    code: str,
    address: str,
    at: datetime,
    request_id: str = "",
) -> Proved:
    """Take a code, once. Every guess counts before it is compared, so that racing ones all do."""
    cipher = cipher_of(session)
    last = (
        await session.execute(
            select(col(LinkCode.id), col(LinkCode.phone_hash))
            .where(col(LinkCode.visit_hash) == visit.key)
            .order_by(col(LinkCode.id).desc())
            .limit(1)
        )
    ).one_or_none()
    keys: dict[By, str] = {
        "identity": visit.external_userid,
        "address": network_of(address),
    }
    if last is not None:
        keys["phone"] = last.phone_hash
    again_at = await limits.count(session, policy, "guess", keys, at)
    if again_at is not None:
        return Proved(Step.LIMITED, again_at)
    row = (
        await session.execute(
            update(LinkCode)
            .where(
                col(LinkCode.id) == (last.id if last is not None else 0),
                col(LinkCode.ended_at).is_(None),
                col(LinkCode.expires_at) > at,
                col(LinkCode.guesses) < policy.guesses_per_code,
            )
            .values(guesses=col(LinkCode.guesses) + 1)
            .returning(
                col(LinkCode.salt),
                col(LinkCode.code_hash),
                col(LinkCode.candidates),
                col(LinkCode.named),
                col(LinkCode.consents),
                col(LinkCode.notice),
            )
            .execution_options(synchronize_session=False)
        )
    ).one_or_none()
    salt, expected = (row.salt, row.code_hash) if row is not None else ("", "")
    same = hmac.compare_digest(cipher.blind(CODE, f"{salt}:{code}"), expected)
    if row is None or last is None or not same or not row.candidates:
        return Proved(Step.WRONG)
    await session.execute(
        update(LinkCode)
        .where(col(LinkCode.id) == last.id)
        .values(ended_at=at)
        .execution_options(synchronize_session=False)
    )
    proof = Proof(
        visit.external_userid,
        tuple(row.candidates),
        row.named,
        {"code": str(last.id), "notice": row.notice},
    )
    outcome = await bind_real_name(session, proof, at, request_id=request_id)
    if outcome.state == "none":
        return Proved(Step.WRONG)
    step = Step.BOUND if outcome.state == "confirmed" else Step.REVIEW
    await visits.end(session, visit, step.value, at)
    return Proved(step, outcome=outcome, consents=tuple(row.consents), notice=row.notice)


async def tidy(session: AsyncSession, policy: LinkingPolicy, at: datetime) -> dict[str, int]:
    """Delete codes, counts and visits that nobody needs any more; returns how many of each."""
    before = at - timedelta(days=policy.kept_days)
    gone: dict[str, int] = {}
    for name, table, moment in (
        ("codes", LinkCode, col(LinkCode.asked_at)),
        ("tries", LinkTry, col(LinkTry.since)),
        ("visits", LinkVisit, col(LinkVisit.began_at)),
    ):
        statement = delete(table).where(moment < before)
        done = await session.execute(statement, execution_options={"synchronize_session": False})
        gone[name] = int(getattr(done, "rowcount", 0))
    return gone
