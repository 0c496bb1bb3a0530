"""The only door from a member of staff to a customer: coverage, unit tree, role.

| role       | whom they may know of                                                        |
|------------|------------------------------------------------------------------------------|
| rm         | the customers they cover by a kind that policy lets open; every member of staff |
| branch     | customers managed by, or with an account at, the granted units and below       |
| ops        | the same over the units granted, as a rule the whole bank                      |
| compliance | the same                                                                     |
| it         | nobody                                                                       |

Roles add up. What a person may not know of answers exactly like what does not exist.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, overload

from sqlalchemy import ColumnElement, and_, false, not_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from config.ownership_policy import Relations
from crm_sync.errors import ContactUnknown, NotCovered, StaffUnknown
from crm_sync.facts import ContactFact, CustomerFact, Scope, StaffFact, Viewer
from crm_sync.models import Contact, Coverage, Customer, Grant, Relation, Staff, Unit
from crm_sync.repository.people import live, people
from crm_sync.repository.staff import staff_facts
from kit.db import cipher_of
from kit.ledger import Entry, append

ROLES: Final = ("compliance", "ops", "branch", "rm", "it")
"""Widest first: the first that a person holds is their ``Viewer.role``."""

BY_DEFAULT: Final = Relations(open=("owner", "persona", "corporate"), send=("owner",))
"""Who may open and send where no policy is given, as the shipped one has it."""

OVER_UNITS: Final = frozenset({"branch", "ops", "compliance"})


async def viewer(
    session: AsyncSession, staff_id: str, at: datetime, relations: Relations = BY_DEFAULT
) -> Viewer:
    """Who ``staff_id`` is now: the roles that hold at ``at`` and the units they reach over.

    ``relations``: which kinds of coverage open a customer and which may send, by policy.

    Raises StaffUnknown for one who is not, or no longer, an active member of staff.
    """
    staff = (
        await session.execute(
            select(col(Staff.userid), col(Staff.unit_id)).where(
                col(Staff.staff_id) == staff_id,
                col(Staff.active).is_(True),
                col(Staff.removed_at).is_(None),
            )
        )
    ).one_or_none()
    if staff is None:
        raise StaffUnknown(staff_id)
    granted = await session.execute(
        select(col(Grant.role), col(Unit.path))
        .join(Unit, col(Unit.unit_id) == col(Grant.unit_id))
        .where(
            col(Grant.staff_id) == staff_id,
            or_(col(Grant.expires_at).is_(None), col(Grant.expires_at) > at),
            col(Unit.removed_at).is_(None),
        )
        .order_by(col(Grant.role), col(Unit.path))
    )
    scopes = tuple(Scope(role, path) for role, path in granted if role in ROLES and path)
    held = {scope.role for scope in scopes} | {"rm"}
    if "it" in held and not held & OVER_UNITS and not await _covers_anybody(session, staff_id):
        held.discard("rm")
    roles = tuple(role for role in ROLES if role in held)
    return Viewer(
        staff_id=staff_id,
        role=roles[0],
        unit_paths=tuple(scope.path for scope in scopes if scope.role == roles[0]),
        roles=roles,
        scopes=scopes,
        userid=staff.userid,
        unit_id=staff.unit_id,
        whole_bank=await _holds_every_unit(session, scopes),
        opens=relations.open,
        sends=relations.send,
    )


async def _holds_every_unit(session: AsyncSession, scopes: tuple[Scope, ...]) -> bool:
    paths = {scope.path for scope in scopes if scope.role in OVER_UNITS}
    if not paths:
        return False
    outside = (
        select(col(Unit.unit_id))
        .where(
            col(Unit.removed_at).is_(None),
            *(not_(col(Unit.path).startswith(path, autoescape=True)) for path in paths),
        )
        .limit(1)
    )
    return (await session.execute(outside)).first() is None


async def _covers_anybody(session: AsyncSession, staff_id: str) -> bool:
    covered = select(col(Coverage.customer_id)).where(col(Coverage.staff_id) == staff_id).limit(1)
    return (await session.execute(covered)).first() is not None


def unit_condition(viewer: Viewer, unit_id: Any) -> ColumnElement[bool]:
    """``unit_id`` (any column) lies in one of the units this person reaches over."""
    paths = {scope.path for scope in viewer.scopes if scope.role in OVER_UNITS}
    if viewer.whole_bank:
        return true()
    if not paths:
        return false()
    below = or_(*(col(Unit.path).startswith(path, autoescape=True) for path in sorted(paths)))
    within: ColumnElement[bool] = unit_id.in_(select(col(Unit.unit_id)).where(below))
    return within


def scope_condition(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on ``Customer`` under which this person may know of one, for lists."""
    if viewer.whole_bank:
        return col(Customer.removed_at).is_(None)
    reached: list[ColumnElement[bool]] = []
    if any(scope.role in OVER_UNITS for scope in viewer.scopes):
        reached.append(unit_condition(viewer, col(Customer.unit_id)))
        reached.append(unit_condition(viewer, col(Customer.account_unit_id)))
    if "rm" in viewer.roles:
        reached.append(
            col(Customer.id).in_(
                select(col(Coverage.customer_id)).where(
                    col(Coverage.staff_id) == viewer.staff_id,
                    col(Coverage.kind).in_(sorted(viewer.opens)),
                )
            )
        )
    return and_(col(Customer.removed_at).is_(None), or_(false(), *reached))


@overload
async def customer_for(
    session: AsyncSession, viewer: Viewer, *, customer_id: int
) -> CustomerFact: ...
@overload
async def customer_for(
    session: AsyncSession, viewer: Viewer, *, external_userid: str
) -> CustomerFact: ...
@overload
async def customer_for(
    session: AsyncSession, viewer: Viewer, *, customer_no: str
) -> CustomerFact: ...


async def customer_for(
    session: AsyncSession,
    viewer: Viewer,
    *,
    customer_id: int | None = None,
    external_userid: str | None = None,
    customer_no: str | None = None,
) -> CustomerFact:
    """The customer, if this person may know of them. Raises NotCovered otherwise, always the same."""
    which: ColumnElement[bool]
    if customer_id is not None:
        which = col(Customer.id) == customer_id
    elif customer_no is not None:
        which = col(Customer.customer_no) == customer_no
    else:
        which = col(Customer.id).in_(
            select(col(Contact.customer_id)).where(
                col(Contact.external_userid) == external_userid,
                col(Contact.customer_id).is_not(None),
            )
        )
    query = select(col(Customer.id)).where(which, scope_condition(viewer))
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotCovered(viewer.staff_id)
    return (await people(session, [found]))[found][0]


async def open_customer(
    session: AsyncSession,
    viewer: Viewer,
    customer_id: int,
    *,
    at: datetime,
    reason: str,
    request_id: str = "",
) -> CustomerFact:
    """``customer_for`` with its trace: who looked at whom, why (a view is a ledger entry)."""
    customer = await customer_for(session, viewer, customer_id=customer_id)
    await append(
        session,
        [
            Entry(
                kind="access",
                act="customer.viewed",
                actor=f"staff:{viewer.staff_id}",
                object=f"customer:{customer_id}",
                unit=customer.unit_id,
                reason=reason,
                request_id=request_id,
                payload={"role": viewer.role},
            )
        ],
        at=at,
    )
    return customer


async def may_send(
    session: AsyncSession, staff_id: str, customer_id: int, kinds: Collection[str]
) -> bool:
    """Whether this member covers the customer by one of ``kinds``, those that policy lets send."""
    held = (
        select(col(Coverage.kind))
        .where(
            col(Coverage.customer_id) == customer_id,
            col(Coverage.staff_id) == staff_id,
            col(Coverage.kind).in_(sorted(kinds)),
        )
        .limit(1)
    )
    return (await session.execute(held)).first() is not None


async def contact_for(session: AsyncSession, viewer: Viewer, external_userid: str) -> ContactFact:
    """The contact as the member who follows them sees one, bound or not.

    The remark is the member's own. Raises ContactUnknown where there is no live relation.
    """
    query = (
        select(Contact, Relation)
        .join(Relation, col(Relation.external_userid) == col(Contact.external_userid))
        .where(
            col(Contact.external_userid) == external_userid,
            col(Relation.userid) == (viewer.userid or ""),
            live(),
        )
        .execution_options(populate_existing=True)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise ContactUnknown(external_userid)
    contact, relation = row
    cipher = cipher_of(session)
    pair = f"{relation.userid}/{external_userid}"
    return ContactFact(
        external_userid=external_userid,
        name=cipher.open_or_none("contact.name", external_userid, contact.name),
        kind=contact.kind,
        customer_id=contact.customer_id,
        archive_agreed=contact.archive_agreed,
        first_seen_at=contact.first_seen_at,
        userid=relation.userid,
        remark=cipher.open_or_none("relation.remark", pair, relation.remark),
        added_at=relation.added_at,
    )


async def staff_by_userid(session: AsyncSession, userid: str) -> StaffFact | None:
    """The member of staff behind a WeCom userid (case does not matter), or None."""
    found = await staff_facts(session, col(Staff.userid) == userid.lower())
    return found[0] if found else None
