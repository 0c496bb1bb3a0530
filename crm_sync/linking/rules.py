"""What counts as the same name, the same network address, the same window."""

import ipaddress
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Final

from config.linking_policy import Limit

CODE_DIGITS: Final = 6
NAME_AT_MOST: Final = 40
_DOTS: Final = str.maketrans(dict.fromkeys("•・‧∙⋅･．.", "·"))


def same_name(given: str, known: str | None) -> bool:
    """Whether the customer wrote the name that the bank knows; spaces, width, dots do not matter."""
    return bool(known) and bool(plain_name(given)) and plain_name(given) == plain_name(known or "")


def plain_name(name: str) -> str:
    """A name without what people write differently: width, case, spaces, the dot inside."""
    folded = unicodedata.normalize("NFKC", name[: NAME_AT_MOST * 4]).casefold().translate(_DOTS)
    return "".join(one for one in folded if one == "·" or one.isalnum())


def network_of(address: str) -> str:
    """The network an address is counted by: one IPv4 address, or the /64 of an IPv6 one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def window_of(limit: Limit, at: datetime) -> tuple[datetime, datetime]:
    """The window of ``limit`` that holds ``at``: its beginning and its end (UTC)."""
    length = limit.minutes * 60
    since = datetime.fromtimestamp(int(at.timestamp()) // length * length, UTC)
    return since, since + timedelta(seconds=length)
