"""Where one entry of the record is shown, and who may open it."""

from typing import Final
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession

from console import roles
from console.sight import Sight, sight_of
from insights import record
from insights.integrity import Fault
from kit.web.guard import Asking

INTERACTIONS: Final = "/c/interactions"
OWN: Final = "access"
GONE: Final = ("missing", "truncated")


def kinds_for(asking: Asking) -> tuple[str, ...]:
    """Who looked at what is for auditors; everybody else sees the other kinds."""
    if set(asking.viewer.roles) & set(roles.AUDIT):
        return record.KINDS
    return tuple(kind for kind in record.KINDS if kind != OWN)


def in_sight(stream: str, sight: Sight, asking: Asking) -> bool:
    """Whether this person may open the entries of ``stream``."""
    kind, _, unit = stream.partition(":")
    return kind in kinds_for(asking) and (sight.units is None or unit in sight.units)


def entry_url(stream: str, seq: int) -> str:
    """The page of one entry."""
    return f"{INTERACTIONS}/{quote(stream)}/{seq}"


async def fault_link(session: AsyncSession, fault: Fault, asking: Asking) -> tuple[str, str] | None:
    """(text, address) of the entry or message at fault; of the one before it where it is gone.

    None for somebody who may not open it, and where there is nothing left to open.
    """
    stream, _, number = fault.place.rpartition("#")
    seq = int(number) - (1 if fault.kind in GONE else 0)
    held = set(asking.viewer.roles)
    if seq < 1:
        return None
    if stream == "message":
        found = f"/c/audit/{seq}" if held & set(roles.AUDIT) else None
    elif held & set(roles.BUSINESS):
        sight = await sight_of(session, asking.viewer, roles.BUSINESS)
        found = entry_url(stream, seq) if in_sight(stream, sight, asking) else None
    else:
        found = None
    if found is None:
        return None
    return ("看它前面的一条" if fault.kind in GONE else "看这一条", found)
