"""What community hands to others: frozen values, never rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

MemberKind = Literal["staff", "external"]
Happening = Literal[
    "created",
    "joined",
    "left",
    "renamed",
    "owner_changed",
    "notice_changed",
    "dismissed",
    "restored",
    "registered",
]
Flag = Literal["owner_unknown", "owner_left", "no_staff", "not_archived", "unregistered"]


@dataclass(frozen=True, slots=True)
class GroupScope:
    """What a viewer may see: groups owned by these members or of these units; None means all."""

    userids: frozenset[str] | None = None
    unit_ids: frozenset[str] | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing is out of sight."""
        return self.userids is None and self.unit_ids is None


@dataclass(frozen=True, slots=True)
class GroupNumbers:
    """What the archive counted in a group, passed in by the composition."""

    messages: int
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What siblings know and community does not; None: not known, so nothing is flagged by it.

    ``staff``: userids of the bank's staff. ``archived``: groups seen in the archive.
    """

    staff: frozenset[str] | None = None
    archived: frozenset[str] | None = None
    numbers: Mapping[str, GroupNumbers] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupFact:
    """One customer group as pages show it. ``messages`` None: not counted."""

    chat_id: str
    name: str = field(repr=False)
    owner_userid: str
    unit_id: str | None
    purpose: str
    interest: str
    persona: str
    registered: bool
    members: int
    staff: int
    external: int
    messages: int | None
    last_message_at: datetime | None
    created_at: datetime | None
    dismissed_at: datetime | None
    synced_at: datetime | None
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class Seat:
    """What decides a group's rhythm, with its owner and unit; living groups alone."""

    chat_id: str
    owner_userid: str
    unit_id: str | None
    persona: str
    interest: str
    registered: bool


@dataclass(frozen=True, slots=True)
class MemberFact:
    """Somebody who is or was in a group. ``join_scene``: 1 invited, 2 link, 3 QR [92122]."""

    member_id: str
    kind: MemberKind
    nickname: str = field(repr=False)
    joined_at: datetime | None
    join_scene: int | None
    invited_by: str
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class GroupEventFact:
    """One thing that happened in a group. ``quit_scene``: 0 left, 1 removed [92130]."""

    chat_id: str
    at: datetime
    act: Happening
    member_id: str
    member_kind: str
    quit_scene: int | None
    before: str = field(repr=False)
    after: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Landed:
    """What landing one group changed. ``stale``: we knew something newer, nothing was done."""

    chat_id: str
    created: bool = False
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    stale: bool = False

    @property
    def nothing(self) -> bool:
        """Whether our picture was right already."""
        return not (self.created or self.joined or self.left or self.changed)


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a synchronisation read and mended; ``finished`` False: it goes on where it stopped."""

    read: int
    created: int
    changed: int
    dismissed: int
    finished: bool
