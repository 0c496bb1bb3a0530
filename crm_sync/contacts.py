"""Contact events converge: what WeCom shows now is landed; an end that is older is ignored.

Handlers read WeCom *before* the transaction and pass what they read with the moment of reading.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.binding import BindingOutcome, bind_contact
from crm_sync.landing import ContactSeen, LandedBatch, PairSeen, land
from crm_sync.models import Contact, Relation
from crm_sync.repository.staff import unit_of_userids
from crm_sync.rules.phones import mobiles_of
from crm_sync.rules.relations import Landing, Standing, ends
from kit.db import insert_new, upsert
from kit.ledger import Entry, append
from wecom.contacts import Contact as WecomContact
from wecom.contacts import ContactDetail, Follow, FollowedContact

ACTOR: Final = "wecom"
EndedBy = Literal["staff", "customer", "transfer", "reconcile"]


@dataclass(frozen=True, slots=True)
class Landed:
    """What landing one contact did; pairs are named by the member's userid."""

    external_userid: str
    customer_id: int | None
    new_relations: tuple[str, ...]
    ended: tuple[str, ...]
    bindings: tuple[BindingOutcome, ...]


async def land_contact(
    session: AsyncSession,
    detail: ContactDetail,
    at: datetime,
    *,
    added: Mapping[str, datetime] | None = None,
    request_id: str = "",
) -> Landed:
    """Land a contact with all its visible followers as read at ``at``, then judge who it is.

    ``added``: the userids an add event names, with the event's moment; such a pair lives again
    though the customer had ended it before that.
    Twice the same changes nothing; a reading older than the stored one changes nothing.
    """
    external = detail.contact.external_userid
    batch = await land(
        session,
        [contact_seen(detail.contact)],
        [pair_seen(external, follow) for follow in detail.follows],
        at=at,
        actor=ACTOR,
        added={(userid.lower(), external): moment for userid, moment in (added or {}).items()},
        complete={external},
        request_id=request_id,
    )
    bindings: tuple[BindingOutcome, ...] = ()
    bound = await _customer_of(session, external)
    if bound is None or external in batch.evidence_changed:
        outcome = await bind_contact(session, external, at, actor="system:binding")
        bindings = (outcome,) if outcome.state != "none" else ()
        bound = await _customer_of(session, external)
    began = batch.pairs(Landing.NEW, Landing.RESUMED, Landing.ACCEPTED)
    return Landed(
        external_userid=external,
        customer_id=bound,
        new_relations=tuple(userid for userid, _ in began),
        ended=tuple(userid for userid, _ in batch.ended),
        bindings=bindings,
    )


async def land_pairs(
    session: AsyncSession, found: Iterable[FollowedContact], at: datetime, *, actor: str = ACTOR
) -> LandedBatch:
    """Land a page of pairs read at ``at`` (batch/get_by_user). Binding follows in a batch."""
    listed = list(found)
    return await land(
        session,
        [contact_seen(one.contact) for one in listed],
        [pair_seen(one.contact.external_userid, one.follow) for one in listed],
        at=at,
        actor=actor,
    )


async def land_half(
    session: AsyncSession,
    userid: str,
    external_userid: str,
    state: str,
    at: datetime,
    *,
    request_id: str = "",
) -> bool:
    """Note that a contact added a member who has not accepted yet (免验证, add_half event).

    WeCom answers 84061 for such a pair, so this is all there is to know. Returns whether
    anything changed; a relation that stands is left alone.
    """
    userid = userid.lower()
    await _know_contact(session, external_userid, at)
    stored = await _standing(session, userid, external_userid)
    if stored is not None and (stored.ended_at is None or stored.ended_at > at):
        return False
    shell = _shell(userid, external_userid, at) | {"state": state[:64], "half": True}
    columns = [name for name in shell if name not in ("userid", "external_userid")]
    await upsert(session, Relation, [shell], key=["userid", "external_userid"], update=columns)
    await _record(session, "relation.half", userid, external_userid, at, request_id, state=state)
    return True


async def end_relation(
    session: AsyncSession,
    userid: str,
    external_userid: str,
    by: EndedBy,
    at: datetime,
    *,
    request_id: str = "",
) -> bool:
    """End a relation, as an event of the moment ``at`` says; the row stays with who ended it.

    Returns False, and changes nothing, where it ended already or began after ``at``: the news is
    older than what we know. An end that overtook its beginning is kept too, so that the beginning,
    when it comes, does not bring a dead relation to life.
    """
    userid = userid.lower()
    await _know_contact(session, external_userid, at)
    stored = await _standing(session, userid, external_userid)
    if stored is not None and not ends(stored, at):
        return False
    if stored is None:
        shell = _shell(userid, external_userid, None) | {"ended_at": at, "ended_by": by}
        await insert_new(session, Relation, [shell], key=["userid", "external_userid"])
    else:
        await session.execute(
            update(Relation)
            .where(col(Relation.userid) == userid, col(Relation.external_userid) == external_userid)
            .values(ended_at=at, ended_by=by, half=False)
        )
    await _record(session, "relation.ended", userid, external_userid, at, request_id, by=by)
    return True


async def note_archive_consent(
    session: AsyncSession, external_userid: str, agreed: bool, at: datetime, *, request_id: str = ""
) -> bool:
    """Store whether a contact agreed to archiving at ``at``; an older word changes nothing."""
    await _know_contact(session, external_userid, at)
    known = (
        await session.execute(
            select(col(Contact.archive_agreed), col(Contact.archive_agreed_at))
            .where(col(Contact.external_userid) == external_userid)
            .with_for_update()
        )
    ).one()
    if known.archive_agreed_at is not None and known.archive_agreed_at > at:
        return False
    if known.archive_agreed is agreed:
        return False
    await session.execute(
        update(Contact)
        .where(col(Contact.external_userid) == external_userid)
        .values(archive_agreed=agreed, archive_agreed_at=at)
    )
    act = "archive.agreed" if agreed else "archive.refused"
    await _record(session, act, "", external_userid, at, request_id)
    return True


def whole(text: str) -> str:
    """``text`` without halves of characters, which no database and no page can hold."""
    return text.encode("utf-8", "replace").decode()


def contact_seen(contact: WecomContact) -> ContactSeen:
    """What is kept of a contact: no avatar, no employer."""
    return ContactSeen(
        external_userid=contact.external_userid,
        name=whole(contact.name),
        kind=contact.kind or 0,
        gender=contact.gender,
        unionid=contact.unionid,
    )


def pair_seen(external_userid: str, follow: Follow) -> PairSeen:
    """What is kept of a member's view of a contact: remark, phones in it, tags, where from."""
    return PairSeen(
        userid=follow.staff_id.lower(),
        external_userid=external_userid,
        remark=whole(follow.remark),
        phones=mobiles_of(follow.remark, follow.remark_mobiles),
        tag_ids=follow.tag_ids,
        state=follow.state[:64],
        add_way=follow.add_way or 0,
        added_at=follow.created_at,
    )


def _shell(userid: str, external_userid: str, added_at: datetime | None) -> dict[str, Any]:
    """A relation of which nothing but its existence is known."""
    return {
        "userid": userid,
        "external_userid": external_userid,
        "remark_phone_hashes": [],
        "tag_ids": [],
        "state": "",
        "add_way": 0,
        "added_at": added_at,
        "half": False,
        "ended_at": None,
        "ended_by": "",
        "digest": "",
    }


async def _know_contact(session: AsyncSession, external_userid: str, at: datetime) -> None:
    """Make the contact's row where there is none, and hold it until the transaction ends."""
    first = {"external_userid": external_userid, "first_seen_at": at, "kind": 0, "gender": 0}
    await insert_new(session, Contact, [first | {"digest": ""}], key=["external_userid"])
    locked = select(col(Contact.external_userid)).where(
        col(Contact.external_userid) == external_userid
    )
    await session.execute(locked.with_for_update())


async def _standing(session: AsyncSession, userid: str, external_userid: str) -> Standing | None:
    query = (
        select(
            col(Relation.digest),
            col(Relation.synced_at),
            col(Relation.added_at),
            col(Relation.half),
            col(Relation.ended_at),
            col(Relation.ended_by),
        )
        .where(col(Relation.userid) == userid, col(Relation.external_userid) == external_userid)
        .with_for_update()
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else Standing(*row)


async def _customer_of(session: AsyncSession, external_userid: str) -> int | None:
    query = select(col(Contact.customer_id)).where(col(Contact.external_userid) == external_userid)
    return (await session.execute(query)).scalar_one_or_none()


async def _record(
    session: AsyncSession,
    act: str,
    userid: str,
    external_userid: str,
    at: datetime,
    request_id: str,
    **facts: str,
) -> None:
    units = await unit_of_userids(session, {userid} - {""})
    entry = Entry(
        kind="contact",
        act=act,
        actor=ACTOR,
        object=f"contact:{external_userid}",
        unit=units.get(userid, "hq"),
        request_id=request_id,
        payload=({"userid": userid} if userid else {}) | facts,
    )
    await append(session, [entry], at=at)
