"""联系我 configs and group join ways (api.md 3.4, 3.8)."""

from dataclasses import dataclass, field
from typing import Any

from simulator.wecom.state.directory import Directory


@dataclass(slots=True)
class ContactWay:
    """One 联系我 config; ``face`` holds the fields as they are read back."""

    config_id: str
    agent_id: int
    created_at: float
    users: list[str]
    parties: list[int]
    state: str
    face: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class JoinWay:
    """One group join way."""

    config_id: str
    agent_id: int
    face: dict[str, Any]


class WayBook:
    """All configs by id."""

    def __init__(self) -> None:
        self.ways: dict[str, ContactWay] = {}
        self.joins: dict[str, JoinWay] = {}

    @staticmethod
    def members(way: ContactWay, directory: Directory) -> set[str]:
        """Everybody who serves a config, departments expanded."""
        rooms = directory.below(way.parties)
        named = {userid.lower() for userid in way.users}
        return {
            member.userid
            for member in directory.present()
            if member.userid.lower() in named or rooms.intersection(member.departments)
        }
