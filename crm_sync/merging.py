"""Two contacts of one customer: a person says which of them hears from us; the history stays."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.binding_by_hand import bind_by_hand
from crm_sync.binding_steps import locked, record, worded
from crm_sync.errors import MergeRefused
from crm_sync.models import Contact
from crm_sync.repository.evidence import owners


@dataclass(frozen=True, slots=True)
class Merged:
    """Whose contacts they are, which one is spoken to from now on, and which one rests."""

    customer_id: int
    primary: str
    second: str


async def merge(
    session: AsyncSession,
    primary: str,
    second: str,
    *,
    actor: str,
    reason: str,
    at: datetime,
    request_id: str = "",
) -> Merged:
    """Let ``primary`` stand for the customer; ``second`` stays bound, nothing is sent to it.

    A ``second`` that is bound to nobody is bound to the same customer by hand, with the reason.
    Again with the two exchanged turns it round. Raises MergeRefused where they are one contact,
    the primary has no customer, or the second belongs to another; ContactUnknown.
    """
    words = worded(reason)
    if primary == second:
        raise MergeRefused(
            "两个联系人是同一个，不用合并", saw=primary, do="写两个不同的 external_userid"
        )
    held = {one: await locked(session, one) for one in sorted((primary, second))}
    customer_id, other = held[primary], held[second]
    if customer_id is None:
        raise MergeRefused(
            "主联系人还没有绑定客户",
            saw=primary,
            where="gengyun bind list --state confirmed",
            do="先绑定，再合并",
        )
    if other not in (None, customer_id):
        raise MergeRefused(
            "两个联系人绑定的不是同一位客户",
            saw=second,
            where="客户页的“企业微信”一栏",
            do="确属同一人时，先解除第二个联系人的绑定并写明原因，再合并",
        )
    if other is None:
        await bind_by_hand(
            session, second, customer_id, actor=actor, reason=words, at=at, request_id=request_id
        )
    for change in (
        update(Contact).where(col(Contact.external_userid) == primary).values(merged_into=None),
        update(Contact)
        .where(
            (col(Contact.external_userid) == second) | (col(Contact.merged_into) == second),
            col(Contact.external_userid) != primary,
        )
        .values(merged_into=primary),
    ):
        await session.execute(change)
    unit, _ = (await owners(session, [customer_id])).get(customer_id, ("hq", ""))
    payload = {"customer_id": customer_id, "primary": primary}
    await record(session, "contact.merged", second, unit, actor, words, payload, at, request_id)
    return Merged(customer_id, primary, second)
