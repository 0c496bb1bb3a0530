"""What a reading of WeCom means for a relation that is stored: the last reading wins."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Standing:
    """A relation as stored: the digest of its content, when it was read, began and ended."""

    digest: str
    synced_at: datetime | None
    added_at: datetime | None
    half: bool
    ended_at: datetime | None
    ended_by: str


class Landing(StrEnum):
    """What becomes of a stored relation when WeCom lists the pair."""

    NEW = "new"  # nothing was stored
    ACCEPTED = "accepted"  # it stood half, the member accepted
    RESUMED = "resumed"  # it had ended, it lives again
    CHANGED = "changed"
    SAME = "same"
    STAYS_ENDED = "stays_ended"  # the contact left: WeCom still lists it for the member
    STALE = "stale"  # a later reading is stored already


def landing(
    stored: Standing | None,
    *,
    digest: str,
    added_at: datetime | None,
    read_at: datetime,
    event_at: datetime | None = None,
) -> Landing:
    """What to do with a pair that WeCom listed at ``read_at``.

    ``event_at``: the moment of an add event that names this pair. A relation the *customer* ended
    stays listed for the member (official page 92130), so a listing alone does not bring it back:
    only a start or an add event after the end does. One that staff or a transfer ended is listed
    only if it began anew.
    """
    if stored is None:
        return Landing.NEW
    if stored.synced_at is not None and stored.synced_at > read_at:
        return Landing.STALE
    if stored.ended_at is not None:
        ended_at = stored.ended_at
        if ended_at > read_at:
            return Landing.STALE
        began_anew = any(
            moment is not None and moment > ended_at for moment in (added_at, event_at)
        )
        if stored.ended_by == "customer" and not began_anew:
            return Landing.STAYS_ENDED
        return Landing.RESUMED
    if stored.half:
        return Landing.ACCEPTED
    return Landing.SAME if stored.digest == digest else Landing.CHANGED


def ends(stored: Standing, at: datetime) -> bool:
    """Whether news of an end at ``at`` ends this relation: not one that began after that."""
    return stored.ended_at is None and (stored.added_at is None or stored.added_at <= at)


def missing_ends(stored: Standing, read_at: datetime) -> bool:
    """Whether a relation that a complete reading at ``read_at`` does not list has ended.

    A half one is never listed; one that was read or began later than the reading is not judged.
    """
    later = (stored.synced_at, stored.added_at)
    return (
        stored.ended_at is None
        and not stored.half
        and all(moment is None or moment <= read_at for moment in later)
    )
