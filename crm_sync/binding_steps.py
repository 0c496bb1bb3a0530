"""What every change of a link by a person takes: the lock, the closing of rows, the entry."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.errors import BindingRefused, ContactUnknown
from crm_sync.models import Binding, Contact, Customer
from kit.ledger import Entry, append

REASON_AT_MOST: Final = 200


def worded(reason: str) -> str:
    """The reason with its spaces folded. Raises BindingRefused without one, or with an essay."""
    words = " ".join(reason.split())
    if not words or len(words) > REASON_AT_MOST:
        raise BindingRefused(
            f"请写明原因（1 到 {REASON_AT_MOST} 字）",
            saw=f"{len(words)} 字",
            do="例如“客户到店核对身份证，确为本人微信”",
        )
    return words


async def locked(session: AsyncSession, external_userid: str) -> int | None:
    """Whom the contact is bound to; its row is held to the end. Raises ContactUnknown."""
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


async def present(session: AsyncSession, customer_id: int) -> bool:
    """Whether there is such a customer."""
    query = select(col(Customer.id)).where(
        col(Customer.id) == customer_id, col(Customer.removed_at).is_(None)
    )
    return (await session.execute(query)).first() is not None


async def close_links(
    session: AsyncSession, external_userid: str, states: Sequence[str], actor: str, at: datetime
) -> int:
    """End the contact's rows in these states; returns how many. Their history stays."""
    closed = await session.execute(
        update(Binding)
        .where(col(Binding.external_userid) == external_userid, col(Binding.state).in_(states))
        .values(state="undone", undone_by=actor, undone_at=at)
        .returning(col(Binding.id))
    )
    return len(closed.all())


async def record(
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
    """The ledger entry of one act on a contact's link."""
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
