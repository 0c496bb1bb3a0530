"""Caps that cannot be exceeded: the n-th use of a window is a row that exists once.

Check-then-insert quotas are exceeded by workers that run side by side; a unique
``(customer, family, window, slot)`` row with ``slot < cap`` is not. An uncertain attempt keeps
its slot; a failed or expired one gives it back.
"""

import hashlib
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from compliance.facts import Purpose
from compliance.policy import GatePolicy
from config.moment_policy import CustomerCaps
from config.settings import BroadcastCap
from crm_sync.facts import CustomerFact
from crm_sync.rules.ages import age
from delivery.models import QuotaSlot
from kit.among import among
from kit.bulk import insert_columns
from kit.db import is_postgresql

TRIES: Final = 5
AT_ONCE: Final = 4_000
BROADCASTS: Final = "broadcast"
MOMENTS: Final = "moment"
WINDOWS: Final = ("day", "week", "month")
CAMPAIGN: Final = "campaign"
_BEYOND: Final = 10_000
EVER: Final = date(1970, 1, 1)
"""When the window of a campaign starts: it has none of its own, all it says counts together."""


class Cap(Struct, frozen=True):
    """At most ``most`` uses in the window that starts on ``starts_on``; ``outside``: how many of
    them are taken by somebody who holds no slot here."""

    family: str
    window: str  # day | week | month | campaign
    starts_on: date
    most: int
    outside: int = 0


class Want(Struct, frozen=True):
    """One use, counted against every one of ``caps`` or against none."""

    key: str
    customer_id: int
    caps: tuple[Cap, ...]


_Place = tuple[int, str, str, date]
_Row = tuple[int, str, str, date, int, str]
_NAMES: Final = ("customer_id", "family", "window", "starts_on", "slot", "key")
_SLOT: Final[tuple[Any, ...]] = tuple(col(getattr(QuotaSlot, name)) for name in _NAMES[:-1])


def window_start(window: str, day: date) -> date:
    """The first day of the window of that kind that holds ``day``; weeks start on Monday."""
    if window == "day":
        return day
    if window == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1)


def caps_of(
    purpose: Purpose, customer: CustomerFact, day: date, policy: GatePolicy
) -> tuple[Cap, ...]:
    """The day, week and month caps of one purpose for one customer on ``day``."""
    return caps_for(purpose, day, policy, elder=elder(customer, day, policy))


def elder(customer: CustomerFact, day: date, policy: GatePolicy) -> bool:
    """Whether the caps of elder customers hold for this one on ``day``."""
    years = None if customer.born_on is None else age(customer.born_on, day)
    return policy.is_elder(years, frozenset(customer.personas))


def caps_for(purpose: Purpose, day: date, policy: GatePolicy, *, elder: bool) -> tuple[Cap, ...]:
    """The day, week and month caps of one purpose for elder customers, or for the others."""
    caps = policy.caps(purpose)
    most = {"day": caps.day, "week": policy.weekly_cap(purpose, elder=elder), "month": caps.month}
    return tuple(
        Cap(purpose.value, window, window_start(window, day), most[window]) for window in WINDOWS
    )


def campaign_caps(campaign: str, purpose: Purpose, policy: GatePolicy) -> tuple[Cap, ...]:
    """How often one customer hears of one campaign in all; none where there is no campaign."""
    if not campaign:
        return ()
    return (Cap(campaign_family(campaign), CAMPAIGN, EVER, policy.caps(purpose).campaign),)


def campaign_family(campaign: str) -> str:
    """The family under which a campaign's uses are counted; empty where there is no campaign."""
    if not campaign:
        return ""
    return f"cmp.{hashlib.blake2s(campaign.encode(), digest_size=6).hexdigest()}"


def broadcast_cap(mode: BroadcastCap, day: date) -> Cap:
    """What WeCom itself allows on ``day``: broadcasts of every purpose to one customer.

    Counted by WeCom in natural days, weeks from Monday, and months (developer page 92135);
    what exceeds it would be taken and then not delivered. What others send (members by hand, the
    console) counts there too: it is read every hour (``delivery.outside``) and taken off; a result
    of "capped" stays the last word.
    """
    if mode == "day1":
        return Cap(BROADCASTS, "day", day, 1)
    if mode == "week7":
        return Cap(BROADCASTS, "week", window_start("week", day), 7)
    most = 4 if mode == "legacy_month4" else monthrange(day.year, day.month)[1]
    return Cap(BROADCASTS, "month", window_start("month", day), most)


def moment_caps(most: CustomerCaps, day: date) -> tuple[Cap, ...]:
    """How many moments one customer is shown in the day and the month of ``day``."""
    return (
        Cap(MOMENTS, "day", day, most.day),
        Cap(MOMENTS, "month", window_start("month", day), most.month),
    )


async def reserve(session: AsyncSession, wants: Sequence[Want]) -> set[str]:
    """Take one slot in every window of every want; returns the keys that did not fit.

    Wants are served in their order. A want that loses a race for a slot is tried again with
    the next free one; what does not fit holds no slot at all.
    """
    refused: set[str] = set()
    open_wants = [want for want in wants if want.caps]
    for _ in range(TRIES):
        if not open_wants:
            return refused
        used = await _used(session, open_wants)
        rows: list[_Row] = []
        trying: list[Want] = []
        for want in open_wants:
            slots = _free_slots(want, used)
            if slots is None:
                refused.add(want.key)
                continue
            trying.append(want)
            for place, slot in slots:
                used[place].add(slot)
                rows.append((*place, slot, want.key))
        lost = await _insert(session, rows)
        if lost:
            await give_back(session, lost)
        open_wants = [want for want in trying if want.key in lost] if lost else []
    return refused | {want.key for want in open_wants}


async def give_back(session: AsyncSession, keys: Iterable[str]) -> None:
    """Free every slot that ``keys`` hold."""
    held = sorted(keys)
    for start in range(0, len(held), AT_ONCE):
        await session.execute(
            delete(QuotaSlot)
            .where(col(QuotaSlot.key).in_(held[start : start + AT_ONCE]))
            .execution_options(synchronize_session=False)
        )


async def count_moments(
    session: AsyncSession, shown: Sequence[tuple[str, int]], purpose: str, day: date
) -> None:
    """Moments that were shown without a slot of their own count all the same, above caps too.

    ``shown``: (key, customer id). Keys that hold a slot hold it already.
    """
    held: set[str] = set()
    keys = sorted(key for key, _ in shown)
    for start in range(0, len(keys), AT_ONCE):
        query = select(col(QuotaSlot.key)).where(
            col(QuotaSlot.key).in_(keys[start : start + AT_ONCE])
        )
        held |= set((await session.execute(query.distinct())).scalars())
    caps = tuple(
        Cap(family, window, window_start(window, day), _BEYOND)
        for family, windows in ((purpose, WINDOWS), (MOMENTS, ("day", "month")))
        for window in windows
    )
    await reserve(session, [Want(key, number, caps) for key, number in shown if key not in held])


async def uses(
    session: AsyncSession, customer_ids: Sequence[int], family: str, window: str, starts_on: date
) -> dict[int, int]:
    """How many slots each customer has used in one window."""
    counted: dict[int, int] = defaultdict(int)
    query = select(col(QuotaSlot.customer_id)).where(
        among(session, col(QuotaSlot.customer_id), customer_ids),
        col(QuotaSlot.family) == family,
        col(QuotaSlot.window) == window,
        col(QuotaSlot.starts_on) == starts_on,
    )
    for (customer_id,) in await session.execute(query):
        counted[customer_id] += 1
    return dict(counted)


def _free_slots(want: Want, used: dict[_Place, set[int]]) -> list[tuple[_Place, int]] | None:
    slots = []
    for cap in want.caps:
        place = (want.customer_id, cap.family, cap.window, cap.starts_on)
        taken, free = used[place], 0
        if cap.outside and len(taken) + cap.outside >= cap.most:
            return None
        while free in taken:
            free += 1
        if free >= cap.most:
            return None
        slots.append((place, free))
    return slots


async def _used(session: AsyncSession, wants: Sequence[Want]) -> dict[_Place, set[int]]:
    used: dict[_Place, set[int]] = defaultdict(set)
    query = select(*_SLOT).where(
        among(session, col(QuotaSlot.customer_id), sorted({want.customer_id for want in wants})),
        col(QuotaSlot.starts_on).in_(
            sorted({cap.starts_on for want in wants for cap in want.caps})
        ),
    )
    for customer_id, family, window, starts_on, slot in await session.execute(query):
        used[customer_id, family, window, starts_on].add(slot)
    return used


async def _insert(session: AsyncSession, rows: list[_Row]) -> set[str]:
    """Insert in one order for all processes; returns the keys that lost a slot to another.

    On SQLite nobody can have come between: the transaction that looked is the only writer.
    """
    if not rows:
        return set()
    rows.sort()
    columns = dict(zip(_NAMES, zip(*rows, strict=True), strict=True))
    if not is_postgresql(session):
        await insert_columns(session, QuotaSlot, columns)
        return set()
    kept = await insert_columns(session, QuotaSlot, columns, conflict="ON CONFLICT DO NOTHING")
    if kept == len(rows):
        return set()
    query = select(*_SLOT, col(QuotaSlot.key)).where(
        among(session, col(QuotaSlot.key), sorted({row[-1] for row in rows}))
    )
    held = {tuple(row) for row in await session.execute(query)}
    return {row[-1] for row in rows if row not in held}
