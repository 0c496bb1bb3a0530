"""Rates out of parts and wholes, and the two scorecards: 管户制 assets first, 客群制 relation first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from config.ownership_policy import OwnershipPolicy, Weights

FULL_GROWTH = 0.10
"""Assets that grew by so much in a quarter have the full points of growth; those that fell none."""


@dataclass(frozen=True, slots=True)
class Book:
    """What a manager's quarter is judged by; money in 分."""

    staff_id: str
    unit_id: str
    customers: int
    crossed: int
    before_fen: int
    after_fen: int
    measured: int
    friends: int
    reached: int

    @property
    def cross_rate(self) -> float | None:
        """交叉销售率: customers with enough product kinds ÷ customers."""
        return self.crossed / self.customers if self.customers else None

    @property
    def growth(self) -> float | None:
        """总资产提升率: (assets now - at the base day) ÷ assets at the base day."""
        if not self.before_fen:
            return None
        return (self.after_fen - self.before_fen) / self.before_fen

    @property
    def friend_rate(self) -> float | None:
        """好友率: customers who are the manager's friends in WeCom ÷ customers."""
        return self.friends / self.customers if self.customers else None

    @property
    def reach_rate(self) -> float | None:
        """触达率: customers the manager reached in the quarter ÷ customers."""
        return self.reached / self.customers if self.customers else None


@dataclass(frozen=True, slots=True)
class Score:
    """A manager's points of 100 and place in a scorecard."""

    book: Book
    points: float
    place: int


def _share(value: float | None, full: float = 1.0) -> float:
    return min(max((value or 0.0) / full, 0.0), 1.0)


def points(book: Book, weights: Weights) -> float:
    """Points of 100: assets (half growth, half cross selling) and relation (half friends, half
    reached), each by its weight."""
    assets = (_share(book.growth, FULL_GROWTH) + _share(book.cross_rate)) / 2
    relation = (_share(book.friend_rate) + _share(book.reach_rate)) / 2
    return round(weights.aum * assets + weights.relation * relation, 1)


def ranked(books: Sequence[Book], weights: Weights) -> list[Score]:
    """The scorecard under these weights, the best first; the same points share a place."""
    scored = sorted(
        ((points(one, weights), one) for one in books), key=lambda one: (-one[0], one[1].staff_id)
    )
    found: list[Score] = []
    for number, (value, book) in enumerate(scored, 1):
        tied = found and found[-1].points == value
        found.append(Score(book, value, found[-1].place if tied else number))
    return found


def both(books: Sequence[Book], policy: OwnershipPolicy) -> tuple[list[Score], list[Score]]:
    """管户制 and 客群制 of the same books."""
    return (
        ranked(books, policy.scorecard.by_owner),
        ranked(books, policy.scorecard.by_persona),
    )


def quarter_name(day: date) -> str:
    """``2026Q4``."""
    return f"{day.year}Q{(day.month + 2) // 3}"


def quarter_start(day: date) -> date:
    """The first day of the quarter that holds ``day``."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def quarter_before(day: date) -> tuple[date, date]:
    """First and last day of the quarter before the one that holds ``day``."""
    last = quarter_start(day) - timedelta(days=1)
    return quarter_start(last), last
