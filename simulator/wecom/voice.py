"""Words that reach somebody: noted in seen, put into the archive, and remembered as talk.

Archive rules (api.md 9.1): a talk is archived when at least one enabled member takes part; what a
contact says, and what is said to a contact alone, only after that contact agreed.
"""

from typing import TYPE_CHECKING, Any

from simulator.wecom.archive.bodies import message_bodies
from simulator.wecom.callbacks.events import archive_event
from simulator.wecom.state.corp import ARCHIVE_AGENT
from simulator.wecom.state.groups import OUTSIDE, Group
from simulator.wecom.state.talks import TalkRecord

if TYPE_CHECKING:
    from simulator.wecom.world import World

Message = dict[str, Any]


class Voice:
    """Delivers what people and the API say."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._notified_at = float("-inf")
        self._notice_due = False

    def member_to_contact(
        self,
        kind: str,
        userid: str,
        external_userid: str,
        text: str,
        attachments: list[Message],
        at: float,
        msgid: str | None = None,
    ) -> list[TalkRecord]:
        """Text, then each attachment as a message of its own; one row in seen."""
        world = self._world
        world.seen.append(
            kind,
            at,
            external_userid=external_userid,
            text=text,
            attachments=attachments,
            **{"from": userid},
            msgid=msgid or world.ids.text("out"),
        )
        relation = world.contacts.pair(userid, external_userid)
        if relation is not None:
            relation.last_talk = at
        world.days.talked(userid, external_userid, at, by_member=True)
        return [
            record
            for body in message_bodies(world, text, attachments, at)
            for record in self.archive_pair(userid, external_userid, userid, body, at)
        ]

    def member_to_group(
        self,
        kind: str,
        userid: str,
        group: Group,
        text: str,
        attachments: list[Message],
        at: float,
        msgid: str | None = None,
    ) -> list[TalkRecord]:
        """The same into a group."""
        world = self._world
        world.seen.append(
            kind,
            at,
            chat_id=group.chat_id,
            text=text,
            attachments=attachments,
            **{"from": userid},
            msgid=msgid or world.ids.text("out"),
        )
        world.days.said(group.chat_id, userid, at)
        return [
            record
            for body in message_bodies(world, text, attachments, at)
            for record in self.archive_group(group, userid, body, at)
        ]

    def archive_pair(
        self, userid: str, external_userid: str, sender: str, body: Message, at: float
    ) -> list[TalkRecord]:
        """Archive one message between a member and a contact, when the rules allow it."""
        world = self._world
        relation = world.contacts.pair(userid, external_userid)
        if relation is None or not relation.agreed or not self._enabled([userid]):
            return []
        to = external_userid if sender == userid else userid
        return [self._keep(sender, [to], "", body, at, outside=True)]

    def archive_group(
        self, group: Group, sender: str, body: Message, at: float
    ) -> list[TalkRecord]:
        """Archive one message of a group, when the rules allow it."""
        members = group.face.members
        staff = [m.userid for m in members.values() if m.type != OUTSIDE]
        speaker = members.get(sender)
        if not self._enabled(staff):
            return []
        if speaker is not None and speaker.type == OUTSIDE and not speaker.agreed:
            return []
        to = [userid for userid in members if userid != sender]
        return [self._keep(sender, to, group.chat_id, body, at, outside=not group.internal)]

    def archive_staff(self, sender: str, to: str, body: Message, at: float) -> list[TalkRecord]:
        """Archive one message between two members, when one of them is enabled."""
        if not self._enabled([sender, to]):
            return []
        return [self._keep(sender, [to], "", body, at, outside=False)]

    def again(self, old: Message, body: Message, at: float) -> TalkRecord:
        """Archive ``body`` from the speaker of ``old`` to the same people (a recall)."""
        outside = str(old["msgid"]).endswith("_external")
        return self._keep(old["from"], old["tolist"], old["roomid"], body, at, outside=outside)

    def archive_raw(self, message: Message, at: float, key_version: int | None) -> TalkRecord:
        """Archive a message as it is given (switch records and rare kinds)."""
        record = self._world.talks.put(str(message["msgid"]), at, message, key_version)
        self._notice_due = True
        return record

    def notify(self, at: float) -> None:
        """Send msgaudit_notify: only if there were messages, at most one per 15 s."""
        world = self._world
        gap = world.modes.archive_notify_gap_s
        if not self._notice_due or at < self._notified_at + gap:
            return
        self._notice_due = False
        self._notified_at = at
        corp = world.corp
        app = next((a for a in corp.apps.values() if a.kind == "archive"), None)
        target = corp.target_of(app) if app else corp.callback
        event = archive_event(corp.corp_id, at, ARCHIVE_AGENT)
        world.callbacks.send(event, target, corp.corp_id, ARCHIVE_AGENT)

    def _enabled(self, userids: list[str]) -> bool:
        find = self._world.directory.find
        if not self._world.modes.archive_enabled:
            return False
        members = [find(userid) for userid in userids]
        return any(member is not None and member.archive_edition for member in members)

    def _keep(
        self, sender: str, to: list[str], roomid: str, body: Message, at: float, *, outside: bool
    ) -> TalkRecord:
        world = self._world
        millis = int(at * 1000)
        number = world.ids.number("archived")
        msgid = f"{number:019d}_{millis}{'_external' if outside else ''}"
        message: Message = {
            "msgid": msgid,
            "action": "recall" if body["msgtype"] == "revoke" else "send",
            "from": sender,
            "tolist": to,
            "roomid": roomid,
            "msgtime": millis,
            **body,
        }
        self._notice_due = True
        return world.talks.put(msgid, at, message)
