"""Fields whose values are all alike to a screener: a date is a date, whichever day it names.

A value belongs to a class only where it is written exactly as its field writes it; anything
else (a product's name, a manager's name, a greeting) is free text and is read for what it says.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from compliance.surnames import DOUBLE_SURNAMES, SURNAMES

_DATE: Final = re.compile(r"[0-9]{1,2}月[0-9]{1,2}日（周[一二三四五六日]）")
_FULL_DATE: Final = re.compile(r"[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日")
_TIME: Final = re.compile(r"[0-9]{2}:[0-9]{2}")
_DAYS: Final = re.compile(r"[0-9]{1,3}")
_MONEY: Final = re.compile(
    r"[0-9]{1,3}(,[0-9]{3}){0,4}(\.[0-9]{2})? 元|[0-9]{1,3}(,[0-9]{3}){0,3} 万元"
    r"|[0-9]{1,6}(\.[0-9]{1,2})? 亿元"
)
_TAIL: Final = re.compile(r"[0-9]{4}")
_TITLE: Final = re.compile(r"(.{1,2})(女士/先生|女士|先生)")

TYPED: Final[Mapping[str, tuple[str, re.Pattern[str]]]] = {
    "matures_on": ("date", _DATE),
    "open_on": ("date", _DATE),
    "close_on": ("date", _DATE),
    "appointment_on": ("date", _DATE),
    "event_on": ("date", _DATE),
    "bought_on": ("full_date", _FULL_DATE),
    "appointment_time": ("time", _TIME),
    "event_time": ("time", _TIME),
    "days_left": ("days", _DAYS),
    "amount": ("money", _MONEY),
    "min_amount": ("money", _MONEY),
    "card_tail": ("tail", _TAIL),
}
"""The class and the writing of each typed field; a customer's title is one by its surname."""
TITLE: Final = "customer_title"


@lru_cache(maxsize=16_384)
def class_of(field: str, value: str) -> str | None:
    """The class of a value (``<date>``), or None: free text, to be read for what it says."""
    if field == TITLE:
        found = _TITLE.fullmatch(value)
        known = found is not None and (found[1] in SURNAMES or found[1] in DOUBLE_SURNAMES)
        return f"<{found[2]}>" if found is not None and known else None
    typed = TYPED.get(field)
    if typed is None or typed[1].fullmatch(value) is None:
        return None
    return f"<{typed[0]}>"
