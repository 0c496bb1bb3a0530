"""Lands what WeCom says about contacts and relations, however many, in a handful of statements.

The row of a contact is locked first, so that an event and a synchronisation that meet on one
contact follow each other; ``rules.relations`` then decides by the time of the reading.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from crm_sync.erasure import erased_contacts
from crm_sync.models import Contact, Relation
from crm_sync.repository.keys import UNTRACKED, among
from crm_sync.repository.staff import unit_of_userids
from crm_sync.rules.relations import Landing, Standing, landing, missing_ends
from kit.crypto import FieldCipher
from kit.db import cipher_of, upsert
from kit.ledger import Entry, append


@dataclass(frozen=True, slots=True)
class ContactSeen:
    """An external contact as WeCom showed it."""

    external_userid: str
    name: str = field(repr=False)
    kind: int
    gender: int
    unionid: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class PairSeen:
    """A pair (member, contact) as WeCom showed it; ``phones`` are eleven digits each."""

    userid: str
    external_userid: str
    remark: str = field(default="", repr=False)
    phones: tuple[str, ...] = field(default=(), repr=False)
    tag_ids: tuple[str, ...] = ()
    state: str = ""
    add_way: int = 0
    added_at: datetime | None = None


@dataclass(slots=True)
class LandedBatch:
    """What a batch did: pairs by their landing, contacts whose evidence is to be judged anew."""

    landed: dict[tuple[str, str], Landing] = field(default_factory=dict)
    ended: list[tuple[str, str]] = field(default_factory=list)
    evidence_changed: set[str] = field(default_factory=set)
    contacts_new: int = 0
    contacts_changed: int = 0
    tags_differ: int = 0

    def pairs(self, *which: Landing) -> list[tuple[str, str]]:
        """The pairs that landed in one of the ways named."""
        return [pair for pair, how in self.landed.items() if how in which]


_RELATION_UPDATES = (
    "remark", "remark_phone_hashes", "tag_ids", "state", "add_way", "added_at", "half",
    "ended_at", "ended_by", "synced_at", "digest",
)  # fmt: skip
_CONTACT_UPDATES = ("name", "kind", "gender", "unionid_hash", "synced_at", "digest")


async def land(
    session: AsyncSession,
    contacts: Iterable[ContactSeen],
    pairs: Iterable[PairSeen],
    *,
    at: datetime,
    actor: str,
    added: Mapping[tuple[str, str], datetime] | None = None,
    complete: Collection[str] = (),
    request_id: str = "",
) -> LandedBatch:
    """Land what was read at ``at``; ``added`` are pairs an add event names, with its moment.

    ``complete`` are contacts whose every visible follower is in ``pairs``: stored relations that
    are missing there end (``reconcile``). Each change gets its ledger entry (kind ``contact``).
    """
    batch = LandedBatch()
    entries: list[Entry] = []
    seen_contacts = {one.external_userid: one for one in contacts}
    seen_pairs = {(one.userid, one.external_userid): one for one in pairs}
    forgotten = await erased_contacts(session, {one for _, one in seen_pairs} | set(seen_contacts))
    if forgotten:
        seen_contacts, seen_pairs = _without(forgotten, seen_contacts, seen_pairs)
    await _land_contacts(session, seen_contacts, at, actor, batch, entries)
    await _land_pairs(session, seen_pairs, at, actor, added or {}, set(complete), batch, entries)
    if request_id:
        entries = [replace(entry, request_id=request_id) for entry in entries]
    await append(session, entries, at=at)
    return batch


def _without(
    forgotten: Mapping[str, datetime],
    contacts: Mapping[str, ContactSeen],
    pairs: Mapping[tuple[str, str], PairSeen],
) -> tuple[dict[str, ContactSeen], dict[tuple[str, str], PairSeen]]:
    """What was read of people who were erased is not landed; friends made since then are."""
    kept = {
        pair: one
        for pair, one in pairs.items()
        if pair[1] not in forgotten
        or (one.added_at is not None and one.added_at > forgotten[pair[1]])
    }
    anew = {external for _, external in kept}
    return {key: one for key, one in contacts.items() if key not in forgotten or key in anew}, kept


async def _land_contacts(
    session: AsyncSession,
    seen: Mapping[str, ContactSeen],
    at: datetime,
    actor: str,
    batch: LandedBatch,
    entries: list[Entry],
) -> None:
    cipher = cipher_of(session)
    query = (
        select(
            col(Contact.external_userid),
            col(Contact.digest),
            col(Contact.synced_at),
            col(Contact.unionid_hash),
        )
        .where(among(session, col(Contact.external_userid), seen))
        .order_by(col(Contact.external_userid))
        .with_for_update()
    )
    stored = {row.external_userid: row for row in await session.execute(query)}
    written: list[dict[str, Any]] = []
    same: list[str] = []
    for key in sorted(seen):
        one, was = seen[key], stored.get(key)
        if was is not None and was.synced_at is not None and was.synced_at > at:
            continue
        union = cipher.blind("unionid", one.unionid) if one.unionid else None
        if union is None and was is not None:
            union = was.unionid_hash  # WeCom stops giving it when a licence ends; who it is stays
        digest = cipher.blind(
            "contact.digest", orjson.dumps([one.name, one.kind, one.gender, union]).decode()
        )
        if was is not None and was.digest == digest:
            same.append(key)
            continue
        if was is None:
            batch.contacts_new += 1
        else:
            batch.contacts_changed += 1
            entries.append(_entry("contact.updated", actor, key, "hq", {}))
        if was is None or was.unionid_hash != union:
            batch.evidence_changed.add(key)
        written.append(
            {
                "external_userid": key,
                "name": cipher.seal("contact.name", key, one.name),
                "kind": one.kind,
                "gender": one.gender,
                "unionid_hash": union,
                "first_seen_at": at,
                "synced_at": at,
                "digest": digest,
            }
        )
    await upsert(session, Contact, written, key=["external_userid"], update=_CONTACT_UPDATES)
    if same:
        await session.execute(
            update(Contact)
            .where(among(session, col(Contact.external_userid), same))
            .values(synced_at=at),
            execution_options=UNTRACKED,
        )


async def _land_pairs(
    session: AsyncSession,
    seen: Mapping[tuple[str, str], PairSeen],
    at: datetime,
    actor: str,
    added: Mapping[tuple[str, str], datetime],
    complete: Collection[str],
    batch: LandedBatch,
    entries: list[Entry],
) -> None:
    cipher = cipher_of(session)
    stored = await _stored(session, {external for _, external in seen} | set(complete))
    missing = [
        pair
        for pair, (standing, _) in stored.items()
        if pair[1] in complete and pair not in seen and missing_ends(standing, at)
    ]
    units = await unit_of_userids(session, {userid for userid, _ in (*seen, *missing)})
    written: list[dict[str, Any]] = []
    same: defaultdict[str, list[str]] = defaultdict(list)
    for pair in sorted(seen, key=lambda key: (key[1], key[0])):
        one, (standing, was) = seen[pair], stored.get(pair, (None, None))
        phones = [cipher.blind("phone", phone) for phone in one.phones]
        tags = sorted(one.tag_ids)
        digest = _digest(cipher, one, phones)
        how = landing(
            standing,
            digest=_content(digest, tags),
            added_at=one.added_at,
            read_at=at,
            event_at=added.get(pair),
        )
        batch.landed[pair] = how
        if how is Landing.STALE:
            continue
        if how in (Landing.SAME, Landing.STAYS_ENDED):
            same[one.userid].append(one.external_userid)
            continue
        batch.tags_differ += was is not None and was.tag_ids != tags
        if was is None or (was.remark_phone_hashes, was.state) != (phones, one.state):
            batch.evidence_changed.add(one.external_userid)
        if how in (Landing.RESUMED, Landing.ACCEPTED):
            batch.evidence_changed.add(one.external_userid)
        entries.append(
            _entry(
                f"relation.{how}",
                actor,
                one.external_userid,
                units.get(one.userid, "hq"),
                {"userid": one.userid} | _differences(was, one, phones, tags),
            )
        )
        written.append(
            {
                "userid": one.userid,
                "external_userid": one.external_userid,
                "remark": _sealed_remark(cipher, one),
                "remark_phone_hashes": phones,
                "tag_ids": tags,
                "state": one.state,
                "add_way": one.add_way,
                "added_at": one.added_at,
                "half": False,
                "ended_at": None,
                "ended_by": "",
                "synced_at": at,
                "digest": digest,
            }
        )
    await upsert(
        session, Relation, written, key=["userid", "external_userid"], update=_RELATION_UPDATES
    )
    for userid, externals in same.items():
        await session.execute(
            update(Relation)
            .where(
                col(Relation.userid) == userid,
                among(session, col(Relation.external_userid), externals),
            )
            .values(synced_at=at),
            execution_options=UNTRACKED,
        )
    await _end_missing(session, missing, at, actor, units, batch, entries)


async def _end_missing(
    session: AsyncSession,
    missing: Sequence[tuple[str, str]],
    at: datetime,
    actor: str,
    units: Mapping[str, str],
    batch: LandedBatch,
    entries: list[Entry],
) -> None:
    if not missing:
        return
    await session.execute(
        update(Relation)
        .where(tuple_(col(Relation.userid), col(Relation.external_userid)).in_(missing))
        .values(ended_at=at, ended_by="reconcile"),
        execution_options=UNTRACKED,
    )
    batch.ended += missing
    entries += (
        _entry(
            "relation.ended",
            actor,
            external,
            units.get(userid, "hq"),
            {"userid": userid, "by": "reconcile"},
        )
        for userid, external in missing
    )


async def _stored(
    session: AsyncSession, externals: Collection[str]
) -> dict[tuple[str, str], tuple[Standing, Any]]:
    query = select(
        col(Relation.userid),
        col(Relation.external_userid),
        col(Relation.digest),
        col(Relation.synced_at),
        col(Relation.added_at),
        col(Relation.half),
        col(Relation.ended_at),
        col(Relation.ended_by),
        col(Relation.remark_phone_hashes),
        col(Relation.tag_ids),
        col(Relation.state),
        col(Relation.add_way),
    ).where(among(session, col(Relation.external_userid), externals))
    return {
        (row.userid, row.external_userid): (
            Standing(
                _content(row.digest, row.tag_ids),
                row.synced_at,
                row.added_at,
                row.half,
                row.ended_at,
                row.ended_by,
            ),
            row,
        )
        for row in await session.execute(query)
    }


def _digest(cipher: FieldCipher, one: PairSeen, phones: list[str]) -> str:
    """A keyed hash of what the member noted; the tags stand beside it, because we write them."""
    fields = [one.remark, phones, one.state, one.add_way, one.added_at]
    return cipher.blind("relation.digest", orjson.dumps(fields).decode())


def _content(digest: str, tags: Sequence[str]) -> str:
    return f"{digest} {' '.join(tags)}"


def _sealed_remark(cipher: FieldCipher, one: PairSeen) -> bytes | None:
    if not one.remark:
        return None
    return cipher.seal("relation.remark", f"{one.userid}/{one.external_userid}", one.remark)


def _differences(was: Any, one: PairSeen, phones: list[str], tags: list[str]) -> dict[str, Any]:
    """Which fields differ, and the ids in them; never a name, a remark or a phone."""
    if was is None:
        return {"state": one.state, "add_way": one.add_way, "tag_ids": tags}
    found: dict[str, Any] = {}
    if was.tag_ids != tags:
        found["tags_added"] = sorted(set(tags) - set(was.tag_ids))
        found["tags_removed"] = sorted(set(was.tag_ids) - set(tags))
    if was.state != one.state:
        found["state"] = one.state
    if was.remark_phone_hashes != phones:
        found["phones"] = len(phones)
    if was.added_at != one.added_at:
        found["added_at"] = one.added_at
    return found or {"fields": ["remark"]}


def _entry(act: str, actor: str, external_userid: str, unit: str, payload: dict[str, Any]) -> Entry:
    return Entry(
        kind="contact",
        act=act,
        actor=actor,
        object=f"contact:{external_userid}",
        unit=unit,
        payload=payload,
    )
