"""The rules of standing as SQL over measured columns; they agree with ``rules.standing``."""

from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, false, func, literal, not_, or_

from config.standing_policy import Section, Sign, StandingPolicy
from crm_sync.rules.standing import FEN
from crm_sync.standing.measures import FILLED, alternatives, whole

COLUMNS: Final = (
    "grade", "grade_kind", "signs", "activity", "dormant_kind", "completeness", "missing",
    "average_fen", "snapshots", "high_fen", "peak_fen",
)  # fmt: skip
"""What is evaluated, in this order."""


def stood(m: Any, policy: StandingPolicy, on: date) -> list[ColumnElement[Any]]:
    """Where a customer stands, from the columns ``m`` of ``measures.measured``; as ``COLUMNS``."""
    shown = [(sign.name, _shows(sign, m)) for sign in policy.sign]
    grade, kind = _graded(m, [condition for _, condition in shown], policy)
    activity, dormant = _moving(m, policy, on)
    places = {one: place for place, one in enumerate(alternatives(policy))}
    counted = case((m.snapshots > 0, m.snapshot_sum_fen // whole(func.nullif(m.snapshots, 0))))
    found: list[ColumnElement[Any]] = [
        grade,
        kind,
        _joined([(name, condition) for name, condition in shown]),
        activity,
        dormant,
        _points(policy.file.section, m, places),
        _joined(
            [(part.name, _have(part, m, places) < len(part.items)) for part in policy.file.section]
        ),
        func.coalesce(m.given_average_fen, counted),
        m.snapshots,
        m.high_fen,
        _higher(m.peak_fen, m.aum_fen),
    ]
    return [one.label(name) for name, one in zip(COLUMNS, found, strict=True)]


def _higher(one: Any, other: Any) -> ColumnElement[Any]:
    """The higher of two amounts that may be unknown: the databases name that differently."""
    return case((or_(one.is_(None), other > one), other), else_=one)


def _shows(sign: Sign, m: Any) -> ColumnElement[bool]:
    match sign.name:
        case "maturing":
            return m.maturing > 0  # type: ignore[no-any-return]
        case "bought":
            return m.bought > 0  # type: ignore[no-any-return]
        case "coming":
            return m.coming > 0  # type: ignore[no-any-return]
        case "large_in":
            return m.large_fen >= max(sign.from_yuan * FEN, 1)  # type: ignore[no-any-return]
        case "rising":
            risen = m.aum_fen * 100 >= m.floor_fen * (100 + sign.percent)
            return and_(m.aum_fen > 0, m.floor_fen > 0, risen)


def _graded(
    m: Any, shown: list[ColumnElement[bool]], policy: StandingPolicy
) -> tuple[ColumnElement[str], ColumnElement[str]]:
    rules = policy.grade
    signs: Any = sum((case((one, 1), else_=0) for one in shown), start=literal(0))
    intent = signs >= rules.signs_needed if shown else false()
    big, mid = m.aum_fen >= rules.big_fen, m.aum_fen >= rules.mid_fen
    unknown = and_(not_(intent), m.risk_level.is_(None)) if rules.needs_rating else false()
    grade = case(
        (m.aum_fen.is_(None), "D"),
        (and_(big, intent), "A"),
        (big, "B"),
        (unknown, "D"),
        (and_(mid, intent), "B"),
        else_="C",
    )
    kind = case(
        (m.aum_fen.is_(None), ""),
        (and_(big, intent), ""),
        (big, "big_no_intent"),
        (unknown, ""),
        (and_(mid, intent), "mid_intent"),
        else_="",
    )
    return grade, kind


def _moving(
    m: Any, policy: StandingPolicy, on: date
) -> tuple[ColumnElement[str], ColumnElement[str]]:
    rules = policy.activity
    aum = func.coalesce(m.aum_fen, 0)
    nothing = and_(m.aum_fen.is_(None), m.holdings == 0, m.flows_ever == 0, m.snapshots_ever == 0)
    zero = and_(m.cards > 0, m.aum_fen < rules.zero_yuan * FEN)
    leaving = or_(
        and_(m.high_fen > 0, aum * 100 <= m.high_fen * (100 - rules.fall_percent)),
        and_(
            m.out_fen >= max(rules.out_from_yuan * FEN, 1),
            m.out_fen * 100 >= aum * rules.out_percent,
        ),
    )
    since, long_ago = on - timedelta(days=rules.days), on - timedelta(days=rules.dormant_days)
    active = or_(
        m.flows_months > 0,
        m.high_fen != m.low_fen,
        m.newest_on >= since,
        m.opened_on >= since,
    )
    quiet = or_(m.flows_dormant > 0, m.newest_on >= long_ago, m.opened_on >= long_ago)
    activity = case(
        (nothing, ""),
        (zero, "dormant"),
        (leaving, "wavering"),
        (active, "active"),
        (quiet, "wavering"),
        else_="dormant",
    )
    dormant = case(
        (nothing, ""),
        (zero, "zero_card"),
        (leaving, ""),
        (active, ""),
        (quiet, ""),
        else_="dead_card",
    )
    return activity, dormant


def _have(part: Section, m: Any, places: dict[str, int]) -> Any:
    """How many items of a section are filled."""
    return sum(
        (
            case((or_(*(m[f"{FILLED}{places[one]}"] == 1 for one in item.split("|"))), 1), else_=0)
            for item in part.items
        ),
        start=literal(0),
    )


def _points(parts: tuple[Section, ...], m: Any, places: dict[str, int]) -> Any:
    return sum(
        (part.weight * _have(part, m, places) // len(part.items) for part in parts),
        start=literal(0),
    )


def _joined(named: list[tuple[str, ColumnElement[bool]]]) -> ColumnElement[str]:
    """The names whose condition holds, comma-joined."""
    text: Any = literal("")
    for name, condition in named:
        text = text.concat(case((condition, f"{name},"), else_=""))
    return func.rtrim(text, ",")
