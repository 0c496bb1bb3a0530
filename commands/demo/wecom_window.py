"""The simulated WeCom window's own memory: who talks with whom, read from the simulator."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

OWNER = "limin"


@dataclass(frozen=True)
class Window:
    """One member's window onto the simulated WeCom."""

    people: httpx.AsyncClient
    contacts: dict[str, str]
    groups: dict[str, str]
    read: list[dict[str, Any]] = field(default_factory=list)

    async def talk(self, with_whom: str) -> list[dict[str, Any]]:
        """What was said with one contact (or in one group), oldest first."""
        found = await self._records()
        return [one for one in found if self._is_with(one, with_whom)][-30:]

    async def last_said(self) -> dict[str, dict[str, Any]]:
        """The newest message of every chat in the window."""
        newest: dict[str, dict[str, Any]] = {}
        for one in await self._records():
            for where in (*self.contacts, *self.groups):
                if self._is_with(one, where):
                    newest[where] = one
        return newest

    async def send(self, contact: str, chat: str, text: str) -> None:
        """What the member's tap in the sidebar does: the customer or the group receives it."""
        where = {"chat_id": chat} if chat else {"external_userid": contact}
        await self._act({"act": "send_chat_message", "userid": OWNER, "text": text, **where})

    async def say(self, speaker: str, contact: str, chat: str, text: str) -> None:
        """Somebody types something by hand."""
        where: dict[str, str] = (
            {"chat_id": chat} if chat else {"to": OWNER if speaker == contact else contact}
        )
        await self._act({"act": "say", "speaker": speaker, "text": text, **where})

    async def _act(self, order: dict[str, Any]) -> None:
        answer = await self.people.post("/_sim/act", json=order)
        answer.raise_for_status()

    async def _records(self) -> Sequence[dict[str, Any]]:
        """Every record of the simulated archive; what was read once is remembered."""
        while True:
            after = self.read[-1]["seq"] if self.read else 0
            answer = await self.people.get("/_sim/archive", params={"after": after, "limit": 1_000})
            answer.raise_for_status()
            rows: list[dict[str, Any]] = answer.json()["records"]
            self.read.extend(rows)
            if len(rows) < 1_000:
                return [row["message"] for row in self.read]

    def _is_with(self, message: dict[str, Any], where: str) -> bool:
        room = message.get("roomid", "")
        if where in self.groups:
            return bool(room == where)
        pair = {message.get("from"), *message.get("tolist", ())}
        return not room and where in pair and OWNER in pair


def said_at(message: dict[str, Any]) -> datetime:
    """When a message was sent."""
    return datetime.fromtimestamp(int(message.get("msgtime", 0)) / 1000, UTC)


def words(message: dict[str, Any]) -> str:
    """A message as one line of the window."""
    if message.get("msgtype") == "text":
        return str(message["text"]["content"])
    if message.get("action") == "recall":
        return "（撤回了一条消息）"
    return f"［{message.get('msgtype', '消息')}］"
