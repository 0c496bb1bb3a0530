"""A person binds, dismisses a conflict, or undoes a link; each with a reason that stays."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.binding import BindingOutcome
from crm_sync.errors import BindingRefused, ContactUnknown
from crm_sync.models import Binding, Contact, Customer
from crm_sync.repository.evidence import followers, owners
from crm_sync.rules.binding import CONFIDENCE, Evidence, Method, State
from kit.ledger import Entry, append

REASON_AT_MOST: Final = 200


async def bind_by_hand(
    session: AsyncSession,
    external_userid: str,
    customer_id: int,
    *,
    actor: str,
    reason: str,
    at: datetime,
    method: Literal[Method.HAND, Method.REAL_NAME] = Method.HAND,
    request_id: str = "",
) -> BindingOutcome:
    """Bind a contact because a person says so (or proved who they are, ``REAL_NAME``).

    Open conflicts of the contact are closed by it: those for other customers count as rejected.
    Raises BindingRefused without a reason, when the contact is bound to another customer, or
    when there is no such customer; ContactUnknown when there is no such contact.
    """
    words = _reason(reason)
    bound_to = await _locked(session, external_userid)
    if bound_to is not None and bound_to != customer_id:
        raise BindingRefused(
            "这个联系人已绑定另一位客户",
            where="绑定工作台 → 该联系人的绑定记录",
            do="先解除原绑定并写明原因，再绑定新的客户",
            external_userid=external_userid,
        )
    known = (await owners(session, [customer_id])).get(customer_id)
    if known is None or not await _present(session, customer_id):
        raise BindingRefused(
            "没有这位客户，或客户已销户",
            saw=str(customer_id),
            where="客户列表",
            do="核对客户号后重试",
        )
    unit_id, owner = known
    evidence = Evidence(customer_id, method, {"actor": actor})
    if bound_to is None:
        row = {
            "external_userid": external_userid,
            "customer_id": customer_id,
            "method": method,
            "confidence": CONFIDENCE[method],
            "evidence": {"reason": words, "facts": [{"method": method, "actor": actor}]},
            "state": "confirmed",
            "by": actor,
            "at": at,
            "undone_by": "",
        }
        await session.execute(insert(Binding), [row])
        await session.execute(
            update(Contact)
            .where(col(Contact.external_userid) == external_userid)
            .values(customer_id=customer_id)
        )
    rejected = await _close(session, external_userid, ["conflict", "proposed"], actor, at)
    following = (await followers(session, [external_userid])).get(external_userid, ())
    outcome = BindingOutcome(
        external_userid=external_userid,
        state=State.CONFIRMED.value,
        customer_id=customer_id,
        method=method.value,
        confidence=CONFIDENCE[method],
        evidence=(evidence,),
        news=bound_to is None or rejected > 0,
        unit_id=unit_id,
        owner_staff_id=owner or None,
        follower_staff_ids=following,
        owner_mismatch=owner not in following,
    )
    if outcome.news:
        payload = {"customer_id": customer_id, "method": method, "conflicts_closed": rejected}
        await _record(
            session,
            "contact.bound",
            external_userid,
            unit_id,
            actor,
            words,
            payload,
            at,
            request_id,
        )
    return outcome


async def dismiss_conflict(
    session: AsyncSession,
    external_userid: str,
    *,
    actor: str,
    reason: str,
    at: datetime,
    request_id: str = "",
) -> int:
    """Say that none of the rivals is this contact; returns how many were rejected.

    The present link (or none) stays. The same evidence will not raise them again.
    """
    words = _reason(reason)
    await _locked(session, external_userid)
    closed = await _close(session, external_userid, ["conflict", "proposed"], actor, at)
    if not closed:
        raise BindingRefused(
            "这个联系人没有待处理的绑定冲突",
            where="绑定工作台",
            do="刷新列表，可能已由他人处理",
            external_userid=external_userid,
        )
    await _record(
        session,
        "contact.conflict_dismissed",
        external_userid,
        "hq",
        actor,
        words,
        {"rejected": closed},
        at,
        request_id,
    )
    return closed


async def undo(
    session: AsyncSession,
    external_userid: str,
    *,
    actor: str,
    reason: str,
    at: datetime,
    request_id: str = "",
) -> int:
    """Take a link back; returns the customer it led to. No evidence binds the two again by itself."""
    words = _reason(reason)
    customer_id = await _locked(session, external_userid)
    if customer_id is None:
        raise BindingRefused(
            "这个联系人没有绑定客户",
            where="绑定工作台 → 该联系人的绑定记录",
            do="无需解除",
            external_userid=external_userid,
        )
    await _close(session, external_userid, ["confirmed"], actor, at)
    await session.execute(
        update(Contact)
        .where(col(Contact.external_userid) == external_userid)
        .values(customer_id=None)
    )
    unit_id, _ = (await owners(session, [customer_id])).get(customer_id, ("hq", ""))
    payload = {"customer_id": customer_id}
    await _record(
        session, "contact.unbound", external_userid, unit_id, actor, words, payload, at, request_id
    )
    return customer_id


def _reason(reason: str) -> str:
    words = " ".join(reason.split())
    if not words or len(words) > REASON_AT_MOST:
        raise BindingRefused(
            f"请写明原因（1 到 {REASON_AT_MOST} 字）",
            saw=f"{len(words)} 字",
            do="例如“客户到店核对身份证，确为本人微信”",
        )
    return words


async def _locked(session: AsyncSession, external_userid: str) -> int | None:
    query = (
        select(col(Contact.customer_id))
        .where(col(Contact.external_userid) == external_userid)
        .with_for_update()
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise ContactUnknown(external_userid)
    found: int | None = row.customer_id
    return found


async def _present(session: AsyncSession, customer_id: int) -> bool:
    query = select(col(Customer.id)).where(
        col(Customer.id) == customer_id, col(Customer.removed_at).is_(None)
    )
    return (await session.execute(query)).first() is not None


async def _close(
    session: AsyncSession, external_userid: str, states: Sequence[str], actor: str, at: datetime
) -> int:
    closed = await session.execute(
        update(Binding)
        .where(col(Binding.external_userid) == external_userid, col(Binding.state).in_(states))
        .values(state="undone", undone_by=actor, undone_at=at)
        .returning(col(Binding.id))
    )
    return len(closed.all())


async def _record(
    session: AsyncSession,
    act: str,
    external_userid: str,
    unit: str,
    actor: str,
    reason: str,
    payload: Mapping[str, object],
    at: datetime,
    request_id: str,
) -> None:
    entry = Entry(
        kind="contact",
        act=act,
        actor=actor,
        object=f"contact:{external_userid}",
        unit=unit,
        reason=reason,
        request_id=request_id,
        payload=payload,
    )
    await append(session, [entry], at=at)
