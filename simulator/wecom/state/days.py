"""What happened on each day, for the two statistics (api.md 11)."""

from collections import defaultdict
from dataclasses import dataclass, field

from simulator.wecom.clock import day_start


@dataclass(slots=True)
class PairDay:
    """One pair's talk of one day."""

    first_by_contact: float | None = None
    first_reply: float | None = None


@dataclass(slots=True)
class MemberDay:
    """One member's day."""

    pairs: dict[str, PairDay] = field(default_factory=dict)
    messages: int = 0
    applied: int = 0
    added: int = 0
    lost: int = 0


@dataclass(slots=True)
class GroupDay:
    """One group's day."""

    messages: int = 0
    speakers: set[str] = field(default_factory=set)
    joined: int = 0


class DayBook:
    """Counts by day (midnight in Asia/Shanghai, seconds)."""

    def __init__(self) -> None:
        self.members: defaultdict[tuple[str, int], MemberDay] = defaultdict(MemberDay)
        self.groups: defaultdict[tuple[str, int], GroupDay] = defaultdict(GroupDay)

    def talked(self, userid: str, external_userid: str, at: float, *, by_member: bool) -> None:
        """One message between a member and a contact."""
        day = self.members[(userid, day_start(at))]
        pair = day.pairs.setdefault(external_userid, PairDay())
        if by_member:
            day.messages += 1
            if pair.first_by_contact is not None and pair.first_reply is None:
                pair.first_reply = at
        elif pair.first_by_contact is None:
            pair.first_by_contact = at

    def began(self, userid: str, at: float, *, applied: bool) -> None:
        """A relation began; ``applied`` when the member asked for it."""
        day = self.members[(userid, day_start(at))]
        day.added += 1
        day.applied += int(applied)

    def lost(self, userid: str, at: float) -> None:
        """A contact deleted the member."""
        self.members[(userid, day_start(at))].lost += 1

    def said(self, chat_id: str, speaker: str, at: float) -> None:
        """One message in a group."""
        day = self.groups[(chat_id, day_start(at))]
        day.messages += 1
        day.speakers.add(speaker)

    def joined(self, chat_id: str, people: int, at: float) -> None:
        """People joined a group."""
        self.groups[(chat_id, day_start(at))].joined += people
