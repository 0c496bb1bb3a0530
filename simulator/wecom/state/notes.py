"""App messages to staff, their cards and response codes (api.md 8)."""

from dataclasses import dataclass, field
from typing import Any

CODE_LIFE_S = 72 * 3_600


@dataclass(slots=True)
class Note:
    """One app message and whom it reached."""

    msgid: str
    agent_id: int
    msgtype: str
    sent_at: float
    receivers: list[str]
    body: dict[str, Any]
    recalled: bool = False
    card_task: str = ""


@dataclass(slots=True)
class ResponseCode:
    """Allows one update of a card within 72 h."""

    code: str
    note: Note
    ends_at: float
    used: bool = False


@dataclass(slots=True)
class NoteBook:
    """All app messages; task ids are unique per app for ever."""

    notes: dict[str, Note] = field(default_factory=dict)
    tasks: dict[tuple[int, str], Note] = field(default_factory=dict)
    codes: dict[str, ResponseCode] = field(default_factory=dict)
    clicked: dict[tuple[str, str], str] = field(default_factory=dict)
    recent: dict[str, float] = field(default_factory=dict)
