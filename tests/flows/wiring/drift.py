"""Drift between WeCom and us, planted on both sides; and a comparison that asks no product code.

The comparison reads WeCom's truth from the simulator and our tables by SQL, field by field; only
the cipher is ours, for remarks are sealed.
"""

import random
from collections import Counter
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from community.models import CustomerGroup, GroupMember
from crm_sync.models import Contact, Relation, Staff
from kit.db import Database
from tests.flows.crm_sync import bank
from tests.flows.crm_sync.bank import BEFORE
from tests.flows.wecom_world import World

Pair = tuple[str, str]
HERE = ("missing here", "extra here", "wrong tags here", "ended here", "stale remark here")
THERE = ("deleted there", "added there", "tagged there", "renamed there")


async def truth(world: World) -> dict[Pair, dict[str, Any]]:
    """Every relation as WeCom has it."""
    found: dict[Pair, dict[str, Any]] = {}
    after = 0
    while True:
        answer = await world.people.get("/_sim/relations", params={"after": after, "limit": 20_000})
        rows = answer.json()["relations"]
        for row in rows:
            found[row["userid"].lower(), row["external_userid"]] = row
        if len(rows) < 20_000:
            return found
        after = rows[-1]["number"]


async def bank_of(database: Database, world: World) -> list[str]:
    """Units and the staff behind WeCom's members; the userids."""
    userids = sorted({userid for userid, _ in await truth(world)})
    async with database.transaction() as session:
        await bank.units(session)
        rows = [{"staff_id": one, "userid": one, "name": one, "unit_id": "0101"} for one in userids]
        await bank.insert_rows(session, Staff, rows)
    return userids


async def plant(
    world: World, database: Database, share: float, seed: int, leaver: str
) -> Counter[str]:
    """Let ``share`` of the relations differ, in nine ways in turn; those of ``leaver`` do not."""
    dice = random.Random(seed)
    pairs = sorted(pair for pair in await truth(world) if pair[0] != leaver)
    userids = sorted({userid for userid, _ in pairs})
    tags = (await world.client.call("externalcontact/get_corp_tag_list", {}, idempotent=True))[
        "tag_group"
    ][0]["tag"]
    planted: Counter[str] = Counter()
    of_kind: dict[str, list[Pair]] = {}
    ways = (*HERE, *THERE)
    for place, pair in enumerate(dice.sample(pairs, int(len(pairs) * share))):
        of_kind.setdefault(ways[place % len(ways)], []).append(pair)
        planted[ways[place % len(ways)]] += 1
    for kind in THERE:
        for place, (userid, external) in enumerate(of_kind.get(kind, ())):
            named = {"userid": userid, "external_userid": external}
            if kind == "deleted there":
                await world.act("delete_by_member", **named)
            elif kind == "added there":
                other = userids[(userids.index(userid) + 1) % len(userids)]
                await world.act("add", userid=other, external_userid=external)
            elif kind == "tagged there":
                await world.act("tag", **named, add_tag=[tags[0]["id"], tags[1]["id"]])
            else:
                await world.act("remark", **named, remark=f"改过的备注{place}")
    await _here(database, of_kind, userids)
    return planted


async def _here(database: Database, of_kind: dict[str, list[Pair]], userids: list[str]) -> None:
    """The same on our side: rows lost, made up, or of an old day."""
    async with database.transaction() as session:
        for kind in HERE:
            for userid in userids:
                mine = [external for who, external in of_kind.get(kind, ()) if who == userid]
                if not mine:
                    continue
                where = (col(Relation.userid) == userid) & col(Relation.external_userid).in_(mine)
                if kind == "missing here":
                    await session.execute(delete(Relation).where(where))
                elif kind == "wrong tags here":
                    await session.execute(update(Relation).where(where).values(tag_ids=["t-no"]))
                elif kind == "stale remark here":
                    old = {"state": "of an old day", "digest": "of an old day"}
                    await session.execute(update(Relation).where(where).values(**old))
                elif kind == "ended here":
                    over = {"ended_at": BEFORE, "ended_by": "reconcile"}
                    await session.execute(update(Relation).where(where).values(**over))
                else:
                    blank = {"userid": userid, "add_way": 1, "state": "", "half": False,
                             "remark_phone_hashes": [], "tag_ids": [], "ended_by": "",
                             "digest": "", "added_at": BEFORE}  # fmt: skip
                    rows = [blank | {"external_userid": f"wx-{one}"} for one in mine]
                    await session.execute(insert(Relation), rows)


async def plant_leaver(world: World, database: Database, leaver: str) -> Counter[str]:
    """The member leaves; one contact of theirs we never heard of, two were gone before that."""
    lost, *gone = sorted(external for who, external in await truth(world) if who == leaver)[:3]
    for external in gone:
        await world.act("delete_by_member", userid=leaver, external_userid=external)
    async with database.transaction() as session:
        where = (col(Relation.userid) == leaver) & (col(Relation.external_userid) == lost)
        await session.execute(
            update(Relation).where(where).values(ended_at=BEFORE, ended_by="staff")
        )
    await world.act("resign", userid=leaver)
    return Counter({"leaver's missing here": 1, "leaver's deleted there": 2})


async def plant_groups(world: World, database: Database) -> Counter[str]:
    """A group we lost, one we never heard end, one with another owner, one with other members."""
    there = [row for row in (await _groups(world)).values() if not row["dismissed"]]
    lost, gone, owned, joined = there[:4]
    async with database.transaction() as session:
        await session.execute(
            delete(CustomerGroup).where(col(CustomerGroup.chat_id) == lost["chat_id"])
        )
        await session.execute(
            delete(GroupMember).where(col(GroupMember.chat_id) == lost["chat_id"])
        )
        other = update(CustomerGroup).where(col(CustomerGroup.chat_id) == owned["chat_id"])
        await session.execute(other.values(owner_userid="somebody", member_version=""))
    await world.act("dismiss_group", chat_id=gone["chat_id"])
    leaver = next(one for one in joined["members"] if one != joined["owner"])
    await world.act("leave", chat_id=joined["chat_id"], userid=leaver)
    await world.advance(5)
    return Counter({"group lost": 1, "group dismissed": 1, "group owner": 1, "group member": 1})


async def _groups(world: World) -> dict[str, dict[str, Any]]:
    rows = (await world.people.get("/_sim/groups")).json()["groups"]
    return {row["chat_id"]: row for row in rows if not row["internal"]}


async def differences(world: World, database: Database) -> list[str]:
    """Where our tables and WeCom's truth differ; [] when they say the same of everything."""
    there = await truth(world)
    found: list[str] = []
    here: set[Pair] = set()
    async with database.reading() as session:
        query = select(
            col(Relation.userid), col(Relation.external_userid), col(Relation.tag_ids),
            col(Relation.remark), col(Relation.state), col(Relation.add_way),
        ).where(col(Relation.ended_at).is_(None), col(Relation.half).is_(False))  # fmt: skip
        for row in await session.execute(query):
            pair = (row[0], row[1])
            here.add(pair)
            real = there.get(pair)
            if real is None:
                found.append(f"only here: {pair}")
                continue
            name = f"{pair[0]}/{pair[1]}"
            remark = database.cipher.open_or_none("relation.remark", name, row[3]) or ""
            said = (sorted(row[2]), remark, row[4], row[5])
            if said != (sorted(real["tags"]), real["remark"], real["state"], real["add_way"]):
                found.append(f"not the same: {pair}")
        found += [f"only there: {pair}" for pair in set(there) - here]
        known = set((await session.execute(select(col(Contact.external_userid)))).scalars())
        found += [f"no contact: {pair}" for pair in there if pair[1] not in known]
        found += await _group_differences(world, session)
    return found


async def _group_differences(world: World, session: Any) -> list[str]:
    there = {
        (chat_id, row["owner"].lower(), tuple(sorted(row["members"])))
        for chat_id, row in (await _groups(world)).items()
        if not row["dismissed"]
    }
    members: dict[str, list[str]] = {}
    listed = select(col(GroupMember.chat_id), col(GroupMember.member_id)).where(
        col(GroupMember.left_at).is_(None)
    )
    for chat_id, member in await session.execute(listed):
        members.setdefault(chat_id, []).append(member)
    owned = select(col(CustomerGroup.chat_id), col(CustomerGroup.owner_userid)).where(
        col(CustomerGroup.dismissed_at).is_(None)
    )
    here = {
        (row[0], row[1].lower(), tuple(sorted(members.get(row[0], []))))
        for row in await session.execute(owned)
    }
    return [f"group: {one}" for one in sorted(here ^ there)]
