"""企业群发: tasks that wait for a member's hand, and a row per customer (api.md 5)."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

UNSENT, SENT, NOT_FRIEND, CAPPED = 0, 1, 2, 3


@dataclass(slots=True)
class SendRow:
    """One customer (or group) of one member's task."""

    userid: str
    target: str
    status: int = UNSENT
    send_time: int = 0


@dataclass(slots=True)
class MemberTask:
    """One member's part: sent (2) once he confirmed it in his client."""

    userid: str
    rows: list[SendRow]
    status: int = 0
    send_time: int = 0


@dataclass(slots=True)
class Broadcast:
    """One group send; ``create_type`` 0 by the corp (API too), 1 by a member."""

    msgid: str
    chat_type: str
    created_at: float
    ready_at: float
    text: str
    attachments: list[dict[str, Any]]
    tasks: dict[str, MemberTask]
    agent_id: int | None
    creator: str = ""
    create_type: int = 0
    allow_select: bool = False
    awaits_approval: bool = False
    rejected: bool = False
    cancelled: bool = False
    reminded_at: list[float] = field(default_factory=list)


class BroadcastBoard:
    """All group sends and how often each customer or group was reached, by any sender."""

    def __init__(self) -> None:
        self.broadcasts: dict[str, Broadcast] = {}
        self._reached: defaultdict[str, list[int]] = defaultdict(list)

    def reached(self, target: str, at: int) -> None:
        """Count one delivery."""
        self._reached[target].append(at)

    def reached_since(self, target: str, start: int) -> int:
        """Deliveries to ``target`` from ``start`` on."""
        return sum(1 for at in self._reached.get(target, ()) if at >= start)
