"""Members and departments of the corp (api.md 3.1)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from simulator.wecom.state.corp import VisibleRange

ACTIVE, DISABLED, INACTIVE, LEFT = 1, 2, 4, 5


@dataclass(slots=True)
class Department:
    """A department; 1 is the root."""

    id: int
    name: str
    parentid: int = 0
    order: int = 0
    name_en: str = ""
    leaders: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Member:
    """A member; ``external_right`` is 客户联系, ``archive_edition`` 1 office 2 service 3 enterprise."""

    userid: str
    name: str
    departments: list[int]
    orders: list[int]
    leader_in: list[int]
    position: str = ""
    alias: str = ""
    status: int = ACTIVE
    gender: str = "0"
    mobile: str = ""
    email: str = ""
    direct_leader: list[str] = field(default_factory=list)
    external_right: bool = True
    verified: bool = True
    licensed: bool = True
    archive_edition: int | None = 2
    console_welcome: bool = False
    contact_cap: int = 20_000
    days_since_login: int = 0
    left_at: int | None = None
    english_name: str = ""
    extattr: list[dict[str, Any]] = field(default_factory=list)
    external_profile: dict[str, Any] = field(default_factory=dict)


class Directory:
    """All members (userids compare without case) and departments."""

    def __init__(self) -> None:
        self.departments: dict[int, Department] = {}
        self._members: dict[str, Member] = {}
        self.version = 0

    def put(self, member: Member) -> None:
        """Add or replace a member."""
        self._members[member.userid.lower()] = member
        self.version += 1

    def remove(self, userid: str) -> None:
        """Take a member out of the directory for good."""
        del self._members[userid.lower()]
        self.version += 1

    def put_department(self, department: Department) -> None:
        """Add or replace a department."""
        self.departments[department.id] = department
        self.version += 1

    def find(self, userid: str) -> Member | None:
        """A member by userid in any case; those who left are still known here."""
        return self._members.get(userid.lower())

    def present(self) -> list[Member]:
        """Members who have not left, in the order they came."""
        return [member for member in self._members.values() if member.status != LEFT]

    def everybody(self) -> list[Member]:
        """All members, those who left too."""
        return list(self._members.values())

    def below(self, roots: Iterable[int]) -> set[int]:
        """These departments and every department under them."""
        found = {root for root in roots if root in self.departments}
        grown = True
        while grown:
            more = {d.id for d in self.departments.values() if d.parentid in found} - found
            found |= more
            grown = bool(more)
        return found

    def in_range(self, visible: VisibleRange) -> set[str]:
        """Canonical userids of present members whom an app with this range sees."""
        if visible.everybody:
            return {member.userid for member in self.present()}
        named = {userid.lower() for userid in visible.users or ()}
        rooms = self.below(visible.departments or ())
        return {
            member.userid
            for member in self.present()
            if member.userid.lower() in named or rooms.intersection(member.departments)
        }
