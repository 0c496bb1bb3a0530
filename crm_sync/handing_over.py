"""What one member of staff holds, and what WeCom handed on. The books change by ``ownership``.

The questions are given as statements, so that a plan of a hundred thousand lines is one INSERT.
Each change is a handful of statements however many it is about, with one ledger entry.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Select,
    and_,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.models import Contact, Coverage, Customer, Relation, Staff
from crm_sync.repository.keys import UNTRACKED, among
from crm_sync.repository.people import OWNER, live, serving
from kit.db import insert_into
from kit.ledger import Entry, append

BY_TRANSFER: Final = "transfer"
ASSIGNED: Final = 202  # add_way of a contact that was handed on


@dataclass(frozen=True, slots=True)
class Taken:
    """A contact that is now the taker's."""

    external_userid: str
    from_userid: str
    to_userid: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Giver:
    """Somebody whose customers are handed over; they may be gone from the bank's staff file."""

    staff_id: str
    userid: str
    unit_id: str
    here: bool  # at work, by the bank's own file


async def giver_of(session: AsyncSession, *, staff_id: str = "", userid: str = "") -> Giver | None:
    """The member of staff of this id or WeCom userid, also one who has left; None where none is."""
    mine = col(Staff.staff_id) == staff_id if staff_id else col(Staff.userid) == userid.lower()
    query = select(
        col(Staff.staff_id),
        col(Staff.userid),
        col(Staff.unit_id),
        and_(col(Staff.active).is_(True), col(Staff.removed_at).is_(None)),
    ).where(mine)
    row = (await session.execute(query.limit(1))).one_or_none()
    return None if row is None else Giver(row[0], row[1] or "", row[2], bool(row[3]))


async def held(session: AsyncSession, giver: Giver) -> tuple[int, int]:
    """How many customers somebody answers for, and how many contacts they have in WeCom."""
    books = select(func.count()).select_from(covered(giver.staff_id).subquery())
    contacts = select(func.count()).select_from(Relation).where(
        col(Relation.userid) == giver.userid, live()
    )  # fmt: skip
    customers = int((await session.execute(books)).scalar_one())
    if not giver.userid:
        return customers, 0
    return customers, int((await session.execute(contacts)).scalar_one())


async def gone_with_customers(session: AsyncSession) -> list[Giver]:
    """Staff who left by the bank's own file and still answer for somebody; one question."""
    left = or_(col(Staff.active).is_(False), col(Staff.removed_at).is_not(None))
    query = (
        select(col(Staff.staff_id), col(Staff.userid), col(Staff.unit_id))
        .where(left, exists().where(col(Coverage.staff_id) == col(Staff.staff_id)))
        .order_by(col(Staff.staff_id))
    )
    return [Giver(row[0], row[1] or "", row[2], False) for row in await session.execute(query)]


def followed(userid: str) -> Select[*tuple[Any, ...]]:
    """The contacts of a member: external_userid, customer_id, owner_staff_id, owner_userid.

    The owner is whoever answers for the customer now and can take them: with a WeCom account and
    at work. One row a contact.
    """
    return (
        select(
            col(Relation.external_userid),
            col(Contact.customer_id),
            func.min(col(Staff.staff_id)).label("owner_staff_id"),
            func.min(col(Staff.userid)).label("owner_userid"),
        )
        .select_from(Relation)
        .outerjoin(Contact, col(Contact.external_userid) == col(Relation.external_userid))
        .outerjoin(
            Coverage,
            and_(
                col(Coverage.customer_id) == col(Contact.customer_id), col(Coverage.kind) == OWNER
            ),
        )
        .outerjoin(Staff, and_(col(Staff.staff_id) == col(Coverage.staff_id), serving()))
        .where(col(Relation.userid) == userid.lower(), live())
        .group_by(col(Relation.external_userid), col(Contact.customer_id))
    )


def covered(staff_id: str) -> Select[*tuple[Any, ...]]:
    """What a member of staff answers for: customer_id, kind, best assets first."""
    return (
        select(
            col(Coverage.customer_id),
            col(Coverage.kind),
            func.coalesce(col(Customer.aum_fen), 0).label("aum_fen"),
        )
        .join(Customer, col(Customer.id) == col(Coverage.customer_id))
        .where(col(Coverage.staff_id) == staff_id)
    )


async def still_followed(
    session: AsyncSession, userid: str, externals: Collection[str]
) -> frozenset[str]:
    """Those of the contacts whom the member still has."""
    query = select(col(Relation.external_userid)).where(
        col(Relation.userid) == userid.lower(),
        live(),
        among(session, col(Relation.external_userid), externals),
    )
    return frozenset((await session.execute(query)).scalars())


async def land_taken(session: AsyncSession, taken: Sequence[Taken], *, unit: str) -> int:
    """Write down what WeCom handed on: our own calls bring no event back. Returns how many ended.

    The taker's relation begins with the giver's tags; remark and the rest come with the next
    reading of the taker. Twice changes nothing.
    """
    if not taken:
        return 0
    fresh = [
        {
            "userid": one.to_userid.lower(),
            "external_userid": one.external_userid,
            "remark_phone_hashes": [],
            "tag_ids": tags,
            "state": "",
            "add_way": ASSIGNED,
            "added_at": one.at,
            "half": False,
            "ended_by": "",
            "digest": "",
        }
        for one, tags in await _with_tags(session, taken)
    ]
    statement = insert_into(session, Relation)
    given = statement.excluded
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["userid", "external_userid"],
            set_={
                "ended_at": None,
                "ended_by": "",
                "half": False,
                "added_at": given.added_at,
                "add_way": given.add_way,
            },
            where=and_(
                col(Relation.ended_at).is_not(None), col(Relation.ended_at) <= given.added_at
            ),
        ),
        fresh,
    )
    ended = 0
    for giver in {one.from_userid.lower() for one in taken}:
        mine = [one for one in taken if one.from_userid.lower() == giver]
        result = await session.execute(
            update(Relation)
            .where(
                col(Relation.userid) == giver,
                among(
                    session, col(Relation.external_userid), [one.external_userid for one in mine]
                ),
                col(Relation.ended_at).is_(None),
            )
            .values(ended_at=max(one.at for one in mine), ended_by=BY_TRANSFER, half=False)
            .returning(col(Relation.external_userid)),
            execution_options=UNTRACKED,
        )
        gone = sorted(result.scalars())
        ended += len(gone)
        if gone:
            entry = Entry(
                kind="contact",
                act="relation.handed_over",
                actor="system:handover",
                object=f"member:{giver}",
                unit=unit,
                payload={
                    "contacts": gone,
                    "to": sorted({one.to_userid.lower() for one in mine}),
                },
            )
            await append(session, [entry], at=max(one.at for one in mine))
    return ended


async def _with_tags(
    session: AsyncSession, taken: Sequence[Taken]
) -> list[tuple[Taken, list[str]]]:
    known: dict[tuple[str, str], list[str]] = {}
    query = select(
        col(Relation.userid), col(Relation.external_userid), col(Relation.tag_ids)
    ).where(among(session, col(Relation.external_userid), {one.external_userid for one in taken}))
    for userid, external, tags in await session.execute(query):
        known[userid, external] = tags
    return [(one, known.get((one.from_userid.lower(), one.external_userid), [])) for one in taken]


def covering() -> Select[*tuple[Any, ...]]:
    """Who answers for whom now: customer_id, kind, staff_id."""
    return select(col(Coverage.customer_id), col(Coverage.kind), col(Coverage.staff_id))
