"""What customers decide takes effect at once, in the caller's transaction, with its entry."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from compliance.consent import checked, scope_of
from compliance.consent_batches import batch_entry
from compliance.errors import ConsentRefused, NothingSuppressed, SecondPersonNeeded
from compliance.facts import ConsentFact
from compliance.models import ComplaintFreeze, Suppression
from compliance.repository import close_complaint as closed_complaint
from compliance.repository import land_consents, suppression, unheard
from kit.db import insert_new, upsert
from kit.ids import new_id
from kit.ledger import Entry, append

Row = tuple[int, str, bool, str, datetime]


async def give_consents(
    session: AsyncSession,
    rows: Iterable[ConsentFact | Row],
    at: datetime,
    actor: str,
    *,
    unit: str = "hq",
    units: Mapping[int, str] | None = None,
) -> int:
    """Land many decisions (customer_id, purpose, given, source, at); returns how many were new.

    A row seen before changes nothing and leaves no entry, so an import may be repeated. The
    newest decision by its own ``at`` holds, in whatever order the rows arrive. ``units`` says
    whose customer each is; there is one ledger entry a unit, with counts and a digest of the
    rows it stands for (``compliance.consent_batches``).
    Raises ConsentRefused for an unknown purpose, a missing source or a moment without zone.
    """
    facts = [checked(row if isinstance(row, ConsentFact) else ConsentFact(*row)) for row in rows]
    fresh = await unheard(session, facts)
    by_unit: dict[str, list[ConsentFact]] = {}
    for fact in fresh:
        by_unit.setdefault((units or {}).get(fact.customer_id, unit), []).append(fact)
    batches = {new_id(): (name, held) for name, held in sorted(by_unit.items())}
    await land_consents(
        session,
        {batch: held for batch, (_, held) in batches.items()},
        recorded_at=at,
        actor=actor,
    )
    entries = [
        batch_entry(batch, held, actor=actor, unit=name) for batch, (name, held) in batches.items()
    ]
    await append(session, entries, at=at)
    return len(fresh)


async def give_consent(
    session: AsyncSession,
    customer_id: int,
    purpose: str,
    *,
    source: str,
    at: datetime,
    actor: str,
    notice: str = "",
    unit: str = "hq",
) -> None:
    """One customer agrees to one purpose; ``notice`` is the version of the text shown."""
    fact = ConsentFact(customer_id, purpose, True, source, at, notice)
    await give_consents(session, [fact], at, actor, unit=unit)


async def withdraw(
    session: AsyncSession,
    customer_id: int,
    purpose: str,
    *,
    source: str,
    at: datetime,
    actor: str,
    unit: str = "hq",
) -> None:
    """One customer takes a consent back (PIPL 15); the next judgement already knows."""
    fact = ConsentFact(customer_id, purpose, False, source, at)
    await give_consents(session, [fact], at, actor, unit=unit)


async def suppress(
    session: AsyncSession,
    customer_id: int,
    scope: str,
    source: str,
    reason: str,
    at: datetime,
    actor: str,
    *,
    unit: str = "hq",
) -> bool:
    """Silence a scope for one customer, for every manager and channel; False if it was already.

    ``scope``: marketing (退订), all (勿扰) or personalised (关闭个性化). Raises ConsentRefused.
    """
    scope_of(scope)
    found = await suppression(session, customer_id, scope)
    if found is not None and found.lifted_at is None:
        return False
    await upsert(
        session,
        Suppression,
        [
            {
                "customer_id": customer_id,
                "scope": scope,
                "source": source,
                "reason": reason,
                "since": at,
                "actor": actor,
                "lift_asked_by": None,
                "lift_reason": None,
                "lifted_at": None,
            }
        ],
        key=["customer_id", "scope"],
        update=["source", "reason", "since", "actor", "lift_asked_by", "lift_reason", "lifted_at"],
    )
    await append(
        session,
        [_entry("suppression.set", actor, customer_id, unit, scope, source=source, why=reason)],
        at=at,
    )
    return True


async def ask_to_lift(
    session: AsyncSession,
    customer_id: int,
    scope: str,
    *,
    reason: str,
    at: datetime,
    actor: str,
    unit: str = "hq",
) -> None:
    """A member of staff asks to lift a suppression; it stays until a second person agrees."""
    row = await _in_force(session, customer_id, scope)
    if not reason.strip():
        raise ConsentRefused(
            "解除勿扰必须写明理由", do="写明客户怎样重新同意，例如“客户本人在网点签字”"
        )
    row.lift_asked_by, row.lift_reason = actor, reason
    await session.flush()
    await append(
        session,
        [_entry("suppression.lift_asked", actor, customer_id, unit, scope, why=reason)],
        at=at,
    )


async def lift(
    session: AsyncSession,
    customer_id: int,
    scope: str,
    *,
    at: datetime,
    actor: str,
    unit: str = "hq",
) -> None:
    """Lift a suppression: the customer alone, or a second member of staff after ``ask_to_lift``.

    Raises NothingSuppressed where none is in force or nobody asked, SecondPersonNeeded for
    the one who asked.
    """
    row = await _in_force(session, customer_id, scope)
    if actor != f"customer:{customer_id}":
        if row.lift_asked_by is None:
            raise NothingSuppressed(
                "还没有人申请解除这项勿扰",
                do="先由一位同事写明理由申请，再由另一位批准",
                customer_id=customer_id,
                scope=scope,
            )
        if row.lift_asked_by == actor:
            raise SecondPersonNeeded(
                "申请人不能批准自己的申请", do="请另一位有权限的同事批准", customer_id=customer_id
            )
    row.lifted_at = at
    await session.flush()
    await append(
        session,
        [
            _entry(
                "suppression.lifted", actor, customer_id, unit, scope,
                why=row.lift_reason or "", asked_by=row.lift_asked_by or actor,
            )
        ],
        at=at,
    )  # fmt: skip


async def _in_force(session: AsyncSession, customer_id: int, scope: str) -> Suppression:
    scope_of(scope)
    row = await suppression(session, customer_id, scope)
    if row is None or row.lifted_at is not None:
        raise NothingSuppressed("客户没有这项勿扰", customer_id=customer_id, scope=scope)
    return row


async def open_complaint(
    session: AsyncSession,
    customer_id: int,
    complaint_no: str,
    *,
    source: str,
    at: datetime,
    actor: str,
    unit: str = "hq",
) -> None:
    """Freeze marketing to a customer while a complaint is in hand; the same number once."""
    await insert_new(
        session,
        ComplaintFreeze,
        [
            {
                "complaint_no": complaint_no,
                "customer_id": customer_id,
                "opened_at": at,
                "closed_at": None,
                "source": source,
            }
        ],
        key=["complaint_no"],
    )
    await append(
        session,
        [_entry("complaint.opened", actor, customer_id, unit, complaint_no, source=source)],
        at=at,
    )


async def close_complaint(
    session: AsyncSession, complaint_no: str, *, at: datetime, actor: str, unit: str = "hq"
) -> bool:
    """Close a complaint; False where none of that number was open."""
    customer_id = await closed_complaint(session, complaint_no, at)
    if customer_id is None:
        return False
    await append(
        session, [_entry("complaint.closed", actor, customer_id, unit, complaint_no)], at=at
    )
    return True


def _entry(act: str, actor: str, customer_id: int, unit: str, reason: str, **payload: str) -> Entry:
    return Entry(
        kind="customer",
        act=act,
        actor=actor,
        object=f"customer:{customer_id}",
        unit=unit,
        reason=reason,
        payload=payload,
    )


__all__: Sequence[str] = (
    "ask_to_lift",
    "close_complaint",
    "give_consent",
    "give_consents",
    "lift",
    "open_complaint",
    "suppress",
    "withdraw",
)
