"""A person binds, dismisses a conflict, or undoes a link; each with a reason that stays."""

from datetime import datetime
from typing import Literal

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.binding import BindingOutcome
from crm_sync.binding_steps import close_links, locked, present, record, worded
from crm_sync.errors import BindingRefused
from crm_sync.models import Binding, Contact
from crm_sync.repository.evidence import followers, owners
from crm_sync.rules.binding import CONFIDENCE, Evidence, Method, State


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
    words = worded(reason)
    bound_to = await locked(session, external_userid)
    if bound_to is not None and bound_to != customer_id:
        raise BindingRefused(
            "这个联系人已绑定另一位客户",
            where="绑定工作台 → 该联系人的绑定记录",
            do="先解除原绑定并写明原因，再绑定新的客户",
            external_userid=external_userid,
        )
    known = (await owners(session, [customer_id])).get(customer_id)
    if known is None or not await present(session, customer_id):
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
    rejected = await close_links(session, external_userid, ["conflict", "proposed"], actor, at)
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
        await record(
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
    words = worded(reason)
    await locked(session, external_userid)
    closed = await close_links(session, external_userid, ["conflict", "proposed"], actor, at)
    if not closed:
        raise BindingRefused(
            "这个联系人没有待处理的绑定冲突",
            where="绑定工作台",
            do="刷新列表，可能已由他人处理",
            external_userid=external_userid,
        )
    await record(
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
    """Take a link back; returns the customer it led to. No evidence binds the two again by itself.

    A merge with another contact ends with it: that one stands for the customer again.
    """
    words = worded(reason)
    customer_id = await locked(session, external_userid)
    if customer_id is None:
        raise BindingRefused(
            "这个联系人没有绑定客户",
            where="绑定工作台 → 该联系人的绑定记录",
            do="无需解除",
            external_userid=external_userid,
        )
    await close_links(session, external_userid, ["confirmed"], actor, at)
    await session.execute(
        update(Contact)
        .where(col(Contact.external_userid) == external_userid)
        .values(customer_id=None, merged_into=None)
    )
    await session.execute(
        update(Contact).where(col(Contact.merged_into) == external_userid).values(merged_into=None)
    )
    unit_id, _ = (await owners(session, [customer_id])).get(customer_id, ("hq", ""))
    payload = {"customer_id": customer_id}
    await record(
        session, "contact.unbound", external_userid, unit_id, actor, words, payload, at, request_id
    )
    return customer_id
