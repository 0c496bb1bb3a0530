"""Class, activity and file of one customer from what is known: the pure twin of ``standing``.

Rows A5, A8, A16: A is big assets with intent, B middling with intent or big without, D whom the
bank does not know. Who is still neither active nor dormant hesitates (犹豫).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from config.standing_policy import Section, Sign, StandingPolicy, Target

FEN: Final = 100
WEALTH: Final = ("wealth", "fund", "insurance", "metal")
MATURING: Final = ("deposit", "wealth", "fund")
COMING: Final = ("money_in", "payroll", "bonus", "compensation")
OUT: Final = ("out_other_bank", "out_third_party")


def months_before(on: date, months: int) -> date:
    """The first day of the month that is ``months`` before that of ``on``."""
    count = on.year * 12 + on.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def years_before(on: date, years: int) -> date:
    """The same day ``years`` earlier; 28 February for a leap day."""
    try:
        return on.replace(year=on.year - years)
    except ValueError:
        return date(on.year - years, 2, 28)


@dataclass(frozen=True, slots=True)
class Known:
    """What the rules look at. Money in 分; counts within the spans of the policy.

    ``high_fen`` and ``low_fen`` are the extremes of the days of activity, ``floor_fen`` the
    lowest of the days in which a rise counts; ``filled`` are the items of the file that are
    there.
    """

    aum_fen: int | None
    given_average_fen: int | None
    risk_level: int | None
    opened_on: date | None
    filled: frozenset[str]
    snapshots: int = 0
    snapshot_sum_fen: int = 0
    snapshots_ever: int = 0
    high_fen: int | None = None
    low_fen: int | None = None
    floor_fen: int | None = None
    peak_fen: int | None = None
    holdings: int = 0
    cards: int = 0
    maturing: int = 0
    bought: int = 0
    newest_on: date | None = None
    flows_ever: int = 0
    flows_months: int = 0
    flows_dormant: int = 0
    out_fen: int = 0
    large_fen: int = 0
    coming: int = 0


@dataclass(frozen=True, slots=True)
class Stood:
    """Where a customer stands, as ``customer_standing`` keeps it."""

    grade: str
    grade_kind: str
    signs: tuple[str, ...]
    activity: str
    dormant_kind: str
    completeness: int
    missing: tuple[str, ...]
    average_fen: int | None
    snapshots: int
    high_fen: int | None
    peak_fen: int | None


def judge(known: Known, policy: StandingPolicy, on: date) -> Stood:
    """Where a customer stands on the day ``on``."""
    signs = tuple(sign.name for sign in policy.sign if shows(sign, known))
    grade, kind = graded(known, signs, policy)
    activity, dormant = moving(known, policy, on)
    given = known.given_average_fen
    counted = known.snapshot_sum_fen // known.snapshots if known.snapshots else None
    highest = [one for one in (known.peak_fen, known.aum_fen) if one is not None]
    return Stood(
        grade=grade,
        grade_kind=kind,
        signs=signs,
        activity=activity,
        dormant_kind=dormant,
        completeness=sum(points(one, known.filled) for one in policy.file.section),
        missing=tuple(one.name for one in policy.file.section if gaps(one, known.filled)),
        average_fen=counted if given is None else given,
        snapshots=known.snapshots,
        high_fen=known.high_fen,
        peak_fen=max(highest, default=None),
    )


def shows(sign: Sign, known: Known) -> bool:
    """Whether the customer shows a sign of intent."""
    match sign.name:
        case "maturing":
            return known.maturing > 0
        case "bought":
            return known.bought > 0
        case "coming":
            return known.coming > 0
        case "large_in":
            return known.large_fen >= max(sign.from_yuan * FEN, 1)
        case "rising":
            aum, floor = known.aum_fen, known.floor_fen
            return bool(aum and floor) and (aum or 0) * 100 >= (floor or 0) * (100 + sign.percent)


def graded(known: Known, signs: tuple[str, ...], policy: StandingPolicy) -> tuple[str, str]:
    """The class (A/B/C/D) and which kind of B."""
    rules, aum = policy.grade, known.aum_fen
    if aum is None:
        return "D", ""
    intent = len(signs) >= rules.signs_needed
    if aum >= rules.big_fen:
        return ("A", "") if intent else ("B", "big_no_intent")
    if not intent and rules.needs_rating and known.risk_level is None:
        return "D", ""
    if intent and aum >= rules.mid_fen:
        return "B", "mid_intent"
    return "C", ""


def moving(known: Known, policy: StandingPolicy, on: date) -> tuple[str, str]:
    """The activity and, of the dormant, which kind; empty where nothing is known."""
    rules, aum = policy.activity, known.aum_fen
    if aum is None and not (known.holdings or known.flows_ever or known.snapshots_ever):
        return "", ""
    if known.cards and aum is not None and aum < rules.zero_yuan * FEN:
        return "dormant", "zero_card"
    if leaving(known, policy):
        return "wavering", ""
    since, long_ago = on - timedelta(days=rules.days), on - timedelta(days=rules.dormant_days)
    newest = max((day for day in (known.newest_on, known.opened_on) if day), default=None)
    swings = known.high_fen is not None and known.high_fen != known.low_fen
    if known.flows_months or swings or (newest is not None and newest >= since):
        return "active", ""
    if known.flows_dormant or (newest is not None and newest >= long_ago):
        return "wavering", ""
    return "dormant", "dead_card"


def leaving(known: Known, policy: StandingPolicy) -> bool:
    """Whether money is going: assets fell, or much went to other banks and third parties."""
    rules, aum = policy.activity, known.aum_fen or 0
    high = known.high_fen or 0
    if high > 0 and aum * 100 <= high * (100 - rules.fall_percent):
        return True
    enough = known.out_fen >= max(rules.out_from_yuan * FEN, 1)
    return enough and known.out_fen * 100 >= aum * rules.out_percent


def points(section: Section, filled: Iterable[str]) -> int:
    """What a section adds to the completeness, in whole per cent."""
    have = len(section.items) - len(gaps(section, filled))
    return section.weight * have // len(section.items)


def gaps(section: Section, filled: Iterable[str]) -> tuple[str, ...]:
    """The items of a section that are not filled."""
    have = frozenset(filled)
    return tuple(item for item in section.items if have.isdisjoint(item.split("|")))


def within(target: Target, aum_fen: int | None) -> bool:
    """Whether a target of the file speaks of customers with these assets."""
    if aum_fen is None or aum_fen < target.from_yuan * FEN:
        return False
    return target.below_yuan is None or aum_fen < target.below_yuan * FEN
