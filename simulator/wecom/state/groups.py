"""Customer groups and internal groups: members, versions, and the 2 s lag of what is shown."""

from copy import deepcopy
from dataclasses import dataclass, field

STAFF, OUTSIDE = 1, 2


@dataclass(slots=True)
class GroupMember:
    """Somebody in a group: type 1 staff, 2 external; join_scene 1 invited, 2 link, 3 QR."""

    userid: str
    type: int
    join_time: int
    join_scene: int = 1
    invitor: str = ""
    group_nickname: str = ""
    state: str = ""
    agreed: bool = False
    agreed_at: int = 0


@dataclass(slots=True)
class GroupFace:
    """What groupchat/get shows of a group at one moment."""

    name: str
    owner: str
    notice: str
    members: dict[str, GroupMember]
    admins: list[str]
    version: str


@dataclass(slots=True)
class Group:
    """A group; ``status`` 0 normal, 1 owner left, 2 handover under way, 3 handed over."""

    chat_id: str
    face: GroupFace
    create_time: int
    internal: bool = False
    status: int = 0
    dismissed: bool = False
    opengid: str = ""
    handed_over: list[int] = field(default_factory=list)
    shown: GroupFace | None = None
    shown_until: float = 0.0

    def lag(self, at: float, seconds: float) -> None:
        """Keep showing today's face for ``seconds`` more; call before a change."""
        if seconds > 0 and at >= self.shown_until:
            self.shown = deepcopy(self.face)
            self.shown_until = at + seconds

    def seen_at(self, at: float) -> GroupFace:
        """The face that the API shows at ``at``: the old one while the data lags."""
        if self.shown is not None and at < self.shown_until:
            return self.shown
        self.shown = None
        return self.face


class GroupHall:
    """All groups by chat id."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}

    def open(self) -> list[Group]:
        """Customer groups that were not dismissed, in the order they were made."""
        return [g for g in self.groups.values() if not g.dismissed and not g.internal]

    def rename(self, old: str, new: str) -> None:
        """A member's userid changed."""
        for group in self.groups.values():
            seat = group.face.members.pop(old, None)
            if seat is not None:
                seat.userid = new
                group.face.members[new] = seat
            if group.face.owner == old:
                group.face.owner = new

    def owned_by(self, userid: str) -> list[Group]:
        """Open customer groups of an owner."""
        return [group for group in self.open() if group.face.owner == userid]
