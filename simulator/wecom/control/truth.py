"""What is really so, for tests to compare the product with: counts, relations, groups, talk."""

from simulator.wecom.control.kit import BadOrderError
from simulator.wecom.errors import Json
from simulator.wecom.state.contacts import Relation
from simulator.wecom.world import World


def totals(world: World) -> Json:
    """How much of everything there is."""
    members = world.directory.present()
    return {
        "members": len(members),
        "departments": len(world.directory.departments),
        "customers": len(world.contacts.contacts),
        "relations": world.contacts.relations(),
        "groups": len(world.groups.open()),
        "tags": world.tags.count(),
        "records": len(world.talks.records),
        "last_seq": world.talks.records[-1].seq if world.talks.records else 0,
        "broadcasts": len(world.broadcasts.broadcasts),
        "transfers_waiting": len(world.transfers.open),
        "callbacks_waiting": world.callbacks.waiting(),
    }


def relations(world: World, after: int, limit: int) -> Json:
    """Relations with number above ``after``, half and one-sided ones too."""
    rows = sorted(
        (relation for relation in world.contacts.everything() if relation.number > after),
        key=lambda relation: relation.number,
    )[:limit]
    return {"relations": [_relation(row) for row in rows]}


def customer(world: World, external_userid: str) -> Json:
    """One customer with everybody who is related to him."""
    contact = world.contacts.contacts.get(external_userid)
    if contact is None:
        raise BadOrderError(f"no customer {external_userid}")
    return {
        "external_userid": contact.external_userid,
        "name": contact.name,
        "type": contact.type,
        "unionid": contact.unionid,
        "relations": [
            _relation(row)
            for row in world.contacts.everything()
            if row.external_userid == external_userid
        ],
    }


def groups(world: World) -> Json:
    """Every group as it truly is, without the lag."""
    return {
        "groups": [
            {
                "chat_id": group.chat_id,
                "name": group.face.name,
                "owner": group.face.owner,
                "members": list(group.face.members),
                "member_version": group.face.version,
                "dismissed": group.dismissed,
                "internal": group.internal,
            }
            for group in world.groups.groups.values()
        ]
    }


def transfers(world: World) -> Json:
    """Every transfer of a customer that ever began, in that order."""
    return {
        "transfers": [
            {
                "handover": row.handover,
                "takeover": row.takeover,
                "external_userid": row.external_userid,
                "status": row.status,
                "resigned": row.resigned,
                "message": row.message,
            }
            for row in world.transfers.transfers
        ]
    }


def broadcasts(world: World) -> Json:
    """Every group send with its rows."""
    return {
        "broadcasts": [
            {
                "msgid": broadcast.msgid,
                "chat_type": broadcast.chat_type,
                "text": broadcast.text,
                "cancelled": broadcast.cancelled,
                "awaits_approval": broadcast.awaits_approval,
                "rows": [
                    {"userid": row.userid, "target": row.target, "status": row.status}
                    for task in broadcast.tasks.values()
                    for row in task.rows
                ],
            }
            for broadcast in world.broadcasts.broadcasts.values()
        ]
    }


def talk(world: World, after: int, limit: int) -> Json:
    """Archived messages in clear."""
    records = world.talks.after(after, float("-inf"), limit)
    return {
        "records": [
            {"seq": row.seq, "key_version": row.key_version, "message": row.message}
            for row in records
        ]
    }


def _relation(row: Relation) -> Json:
    return {
        "number": row.number,
        "userid": row.userid,
        "external_userid": row.external_userid,
        "createtime": row.createtime,
        "remark": row.remark,
        "description": row.description,
        "tags": row.tags,
        "state": row.state,
        "add_way": row.add_way,
        "half": row.half,
        "contact_left": row.contact_left,
        "agreed": row.agreed,
    }
