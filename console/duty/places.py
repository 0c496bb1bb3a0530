"""The pages about contacts, and what they share: the policies, the other pages, wrong addresses."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from fastapi import Request

from config import policy_catalogue as kinds
from console.errors import FormRefused
from console.lists import tab
from kit.clock import bank_date
from kit.web.guard import Asking
from portfolio.duty.standings import Terms

DUTY: Final = "/c/duty"
LOAD: Final = "/c/coverage"
ROUNDS: Final = "/c/activation"
PARKED: Final = "/c/parked"
DAILY: Final = "/c/daily"
TOUCHES: Final = "/c/touches"
_PLACES: Final = (
    (DUTY, "联络责任"),
    (LOAD, "管户负荷"),
    (ROUNDS, "盘活轮次"),
    (PARKED, "暂停跟进"),
)


def places(here: str) -> list[dict[str, Any]]:
    """The other pages about the managers' books."""
    return [tab(text, path, current=path == here) for path, text in _PLACES]


def terms_of(request: Request, asking: Asking) -> Terms:
    """The policies and the day by which standings are judged."""
    shelf = request.app.state.parts.shelf
    return Terms(shelf.of(kinds.CONTACT_DUTY), shelf.of(kinds.COVERAGE), bank_date(asking.at))


def one_of(value: str, known: Sequence[str], name: str, usual: str) -> str:
    """A word out of an address. Raises FormRefused for one that is none of ``known``."""
    if not value:
        return usual
    if value not in known:
        raise FormRefused(f"“{name}”没有这一种", saw=value[:20], do=f"只有：{'、'.join(known)}")
    return value


def moment_and_id(text: str) -> tuple[datetime, int] | None:
    """Where a page begins: the moment and the number of the last row before it."""
    if not text:
        return None
    first, _, second = text.partition("~")
    try:
        moment, number = datetime.fromisoformat(first), int(second)
    except ValueError:
        moment, number = None, 0
    if moment is None or moment.tzinfo is None or not 0 <= number < 2**63:
        raise FormRefused("翻页的位置读不出", saw=text[:40], do="回到第一页")
    return moment, number


def day_or(value: date | None, usual: date) -> date:
    """The day that was asked for, else the usual one."""
    return value if value is not None else usual
