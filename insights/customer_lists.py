"""What a list of customers is asked for, and the one way from there to conditions.

The overview counts with the same ``wanted`` as the list that a number opens, so they agree.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from compliance import lists as decisions
from crm_sync.repository import listing
from crm_sync.repository.listing import Wanted
from delivery.repository import reach, todo_lists
from insights import periods, standing_lists
from kit.clock import bank_date, bank_moment

MATURITY: Final = "maturity"
CONSENTS: Final = ("marketing", "profiling", "archive")
WATCHED_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class CustomerQuery:
    """The filters of the customer list as they stand in its address; empty means any.

    ``contact``, ``covered``: 1 or 0 (a WeCom friend; reached this quarter). ``due``: something
    matures within so many days. ``matured``: something matured last week or last month, and with
    ``step`` those who were given a to-do, were touched, kept their money here. ``wish``: agreed
    to marketing, silenced, complaining.
    """

    q: str = ""
    unit: str = ""
    persona: str = ""
    primary: str = ""
    tier: str = ""
    risk: str = ""
    owner: str = ""
    contact: str = ""
    covered: str = ""
    reached: str = ""  # 1: reached this week
    due: str = ""
    matured: str = ""  # week | month
    step: str = ""  # given | touched | kept
    wish: str = ""  # marketing | profiling | archive | silenced | complaint
    grade: str = ""  # A | B | C | D
    kind: str = ""  # mid_intent | big_no_intent
    activity: str = ""  # active | wavering | dormant | none
    dormant: str = ""  # zero_card | dead_card
    missing: str = ""  # a section of the file
    filed: str = ""  # completeness from so many per cent
    unfiled: str = ""  # completeness below so many per cent
    lead: str = ""  # a finder, or any
    aum_from: str = ""  # 元
    aum_below: str = ""  # 元
    managed: str = ""  # 归属: exactly this unit
    account: str = ""  # 持账户: exactly this unit
    block: str = ""  # one of the five industry blocks
    flow: str = ""  # payroll | settlement | large | investment

    @property
    def kept(self) -> Mapping[str, str]:
        """The filters for the next address."""
        return {name: value for name, value in asdict(self).items() if value}


NO_PERSONA: Final = "none"


def wanted(
    session: AsyncSession, query: CustomerQuery, units: frozenset[str] | None, at: datetime
) -> Wanted:
    """The conditions of a query within ``units`` at a moment."""
    today = bank_date(at)
    within, without = [], []
    quarter = reach.reached(bank_moment(periods.quarter_start(today)), at)
    if query.covered == "1":
        within.append(quarter)
    elif query.covered == "0":
        without.append(quarter)
    if query.reached == "1":
        within.append(reach.reached(bank_moment(periods.week_start(today)), at))
    if query.wish in CONSENTS:
        within.append(decisions.agreed(query.wish))
    elif query.wish == "silenced":
        within.append(decisions.silenced())
    elif query.wish == "complaint":
        within.append(decisions.complaining())
    matured = _matured(query, today)
    if matured is not None and query.step == "given":
        within.append(todo_lists.customer_ids(_given(matured)))
    if matured is not None and query.step == "touched":
        within.append(_touched(matured, at))
    if query.due.isdecimal():
        due = Wanted(matured=(today, today + timedelta(days=min(int(query.due), 366))))
        within.append(listing.ids(session, due))
    within += standing_lists.within(query, today)
    digits = "".join(one for one in query.q if one.isdecimal())
    phone = digits if len(digits) == 11 and digits.startswith("1") else None
    return Wanted(
        units=units,
        persona=query.persona or None,
        primary="" if query.primary == NO_PERSONA else query.primary or None,
        tier=query.tier or None,
        risk=int(query.risk) if query.risk.isdecimal() else None,
        owner=query.owner or None,
        contact={"1": True, "0": False}.get(query.contact),
        phone=phone,
        number=query.q.strip() if query.q.strip() and phone is None else None,
        matured=matured,
        kept=query.step == "kept",
        within=tuple(within),
        without=tuple(without),
    )


def _matured(query: CustomerQuery, today: date) -> tuple[date, date] | None:
    if query.matured == "week":
        return periods.last_week(today)
    return periods.last_month(today) if query.matured == "month" else None


def _given(matured: tuple[date, date]) -> todo_lists.Wanted:
    """To-dos about a maturity that were given out for these days: up to a month before them."""
    return todo_lists.Wanted(
        trigger=MATURITY,
        due_from=matured[0] - timedelta(days=WATCHED_DAYS),
        due_to=matured[1] + timedelta(days=listing.KEPT_WITHIN_DAYS),
    )


def _touched(matured: tuple[date, date], at: datetime) -> reach.Ids:
    since = bank_moment(matured[0] - timedelta(days=WATCHED_DAYS))
    until = bank_moment(matured[1] + timedelta(days=listing.KEPT_WITHIN_DAYS + 1))
    return reach.reached(since, min(until, at))


async def count(
    session: AsyncSession, query: CustomerQuery, units: frozenset[str] | None, at: datetime
) -> int:
    """How many customers a query finds: the number on a page and the length of its list."""
    return await listing.count(session, wanted(session, query, units, at))
