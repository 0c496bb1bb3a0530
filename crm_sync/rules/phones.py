"""Mobile numbers, as members of staff write them into remarks."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_MOBILE: Final = re.compile(
    r"(?<!\d)(?:(?:\+|00)?86[ -]?)?(1[3-9]\d)[ -]?(\d{4})[ -]?(\d{4})(?!\d)"
)


def mobile(text: str) -> str | None:
    """The eleven digits of a mainland mobile number, however it is spaced; None for another thing."""
    found = _MOBILE.fullmatch(_plain(text).strip())
    return "".join(found.groups()) if found else None


def mobiles_in(text: str) -> tuple[str, ...]:
    """Every mobile number in a remark, in order, each once; longer digit runs are not numbers."""
    found = ("".join(parts) for parts in _MOBILE.findall(_plain(text)))
    return tuple(dict.fromkeys(found))


def mobiles_of(remark: str, remark_mobiles: Iterable[str]) -> tuple[str, ...]:
    """The numbers a member noted for a contact: in the field made for it, then in the remark."""
    noted = (number for one in remark_mobiles if (number := mobile(one)))
    return tuple(dict.fromkeys((*noted, *mobiles_in(remark))))


def _plain(text: str) -> str:
    """Full-width digits and dashes as ASCII; other dashes and spaces as their plain kind."""
    folded = unicodedata.normalize("NFKC", text)
    return re.sub(r"[‐-―−]", "-", re.sub(r"\s", " ", folded))
