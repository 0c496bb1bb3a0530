"""How full the limits are, for people and for the monitoring; never a member's."""

from dataclasses import dataclass
from typing import Final

from kit.db import Database
from kit.pacing import repository, rules
from kit.pacing.facts import Limit, LimitsOf
from kit.pacing.metrics import CLOSED, WINDOW

API: Final = "api:"
ADDRESS: Final = "address"
ANY: Final = ""
"""An API of which nothing special is said: it counts in the limits of our address."""


@dataclass(frozen=True, slots=True)
class Fullness:
    """The fullest window of one scope: ``used`` of ``most`` calls in ``span`` seconds.

    ``closed_for``: seconds for which nobody calls it, after a refusal.
    """

    scope: str
    span: int
    used: int
    most: int
    under_way: int
    closed_for: float

    @property
    def part(self) -> float:
        """Of the window, 0 to 1."""
        return self.used / self.most if self.most else 0.0


async def fullness(
    database: Database, limits_of: LimitsOf, *, now: repository.Clock | None = None
) -> list[Fullness]:
    """Every API that was called lately and our address, the fullest first."""
    async with database.reading() as session:
        connection = await session.connection()
        books, at = await connection.run_sync(lambda found: repository.everything(found, now))
    found = []
    for scope, book in books.items():
        path = scope.removeprefix(API) if scope.startswith(API) else ANY
        limit = next((one for one in limits_of(path) if one.scope == scope), None)
        if limit is not None:
            rules.forget(book, limit, at)
            found.append(_of(book, limit, at))
    return sorted(found, key=lambda one: (-one.closed_for, -one.part, one.scope))


def _of(book: rules.Book, limit: Limit, at: float) -> Fullness:
    held = book.outstanding
    windows = [(sum(book.cells.get(s, {}).values()) + held, most, s) for s, most in limit.spans]
    used, most, span = max(windows, key=lambda one: one[0] / one[1], default=(0, 0, 0))
    under_way = sum(one.abreast for one in book.held.values())
    return Fullness(limit.scope, span, used, most, under_way, max(book.blocked_until - at, 0.0))


async def measure(database: Database, limits_of: LimitsOf) -> None:
    """Say it in the metrics; what is not called any more is not told any more."""
    WINDOW.clear()
    CLOSED.clear()
    for one in await fullness(database, limits_of):
        WINDOW.labels(one.scope).set(one.part)
        CLOSED.labels(one.scope).set(one.closed_for)
