"""WeCom's limits for the clients of this process: which figures hold for a call, and its permits."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import Any, Final

from sqlalchemy.exc import SQLAlchemyError

from config.call_limit_policy import CallLimitPolicy
from kit.db import Database
from kit.pacing import deadlines, overview
from kit.pacing.facts import Limit, Pace, Urgency
from kit.pacing.overview import Fullness
from kit.pacing.service import NoRoom, Pacer
from kit.shared_tokens.service import SharedTokens
from wecom.errors import Busy, Unreachable
from wecom.tokens import Fetch

MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400
MONTH: Final = 30 * DAY
FREQUENCY: Final = (45009, 45033)
"""What closes an API for everybody; 45035 concerns one object, and only its call waits."""
ADDRESS: Final = "address"


def pace_of(policy: CallLimitPolicy) -> Pace:
    """The figures by which processes share permits."""
    return Pace(
        batch=policy.pace.batch,
        lease=policy.pace.lease_seconds,
        patience=policy.pace.patience_seconds,
        shares={
            Urgency.URGENT: policy.share.urgent,
            Urgency.SERVICE: policy.share.service,
            Urgency.MARKETING: policy.share.marketing,
        },
        minute_block=policy.block.minute_seconds,
        hour_block=policy.block.hour_seconds,
        crowded_block=policy.block.crowded_seconds,
        narrow_for=policy.block.narrow_minutes * 60,
    )


def limits_of(policy: CallLimitPolicy, path: str) -> tuple[Limit, ...]:
    """The limits that one API counts in: its own, and those of our address."""
    special = policy.special_of(path)
    base = special is None or special.base
    spans = {MINUTE: policy.api.minute, HOUR: policy.api.hour} if base else {}
    if special is not None:
        own = ((MINUTE, special.minute), (HOUR, special.hour), (DAY, special.day))
        for span, most in (*own, (MONTH, special.month)):
            if most is not None:
                spans[span] = min(most, spans.get(span, most))
    found = [Limit(f"api:{path}", tuple(sorted(spans.items())), policy.pace.at_once, blocks=True)]
    if base:
        address = ((MINUTE, policy.address.minute), (HOUR, policy.address.hour))
        found.append(Limit(ADDRESS, address))
    return tuple(found)


class WecomPace:
    """The limiter of our clients: a permit before each call, and what a refusal closes."""

    def __init__(self, database: Database, policy: Callable[[], CallLimitPolicy]) -> None:
        self._database = database
        self._policy = policy
        self.pacer = Pacer(database, self._limits_of, lambda: pace_of(policy()))

    @asynccontextmanager
    async def passing(self, path: str, body: Mapping[str, Any] | None) -> AsyncIterator[None]:
        """One call. Raises Busy when no permit comes in time, or the caller's own time is over:
        then nothing was sent."""
        async with AsyncExitStack() as stack:
            try:
                passing = self.pacer.passing(path, self._members(path, body))
                await stack.enter_async_context(passing)
            except NoRoom as error:
                raise Busy(path, "no permit in time", retry_after_s=error.wait) from None
            except (SQLAlchemyError, OSError) as error:
                raise Busy(path, f"no permit: {type(error).__name__}", retry_after_s=5) from None
            if deadlines.too_late():
                raise Busy(path, "the caller's lease is over")
            try:
                yield
            except Busy as error:
                if error.errcode in FREQUENCY:
                    with suppress(SQLAlchemyError, OSError):
                        await self.pacer.refused(path, error.errcode)
                raise

    async def fullness(self) -> list[Fullness]:
        """How full each API's and our address's limits are, the fullest first."""
        return await overview.fullness(self._database, self._limits_of)

    async def measure(self) -> None:
        """The same, in the metrics."""
        await overview.measure(self._database, self._limits_of)

    def _limits_of(self, path: str) -> tuple[Limit, ...]:
        return limits_of(self._policy(), path)

    def _members(self, path: str, body: Mapping[str, Any] | None) -> list[Limit]:
        """The limits of the members that an app message goes to: WeCom drops what is over."""
        policy = self._policy()
        special = policy.special_of(path)
        to = str((body or {}).get("touser", ""))
        if special is None or not special.member or not to or to == "@all":
            return []
        spans = ((MINUTE, policy.member.minute), (HOUR, policy.member.hour))
        return [Limit(f"member:{one.lower()}", spans) for one in sorted(set(to.split("|")))]


def pace_in(database: Database, policy: Callable[[], CallLimitPolicy]) -> WecomPace:
    """The limiter of this process, its books in ``database``."""
    return WecomPace(database, policy)


class KeptTokens:
    """The token all processes share. Where the database does not answer, nothing is sent."""

    def __init__(self, kept: SharedTokens) -> None:
        self._kept = kept

    async def get(self) -> str | None:
        """The token if there is a good one. Raises Unreachable."""
        with _nothing_sent():
            return await self._kept.get()

    async def fetch(self, fetch: Fetch, stale: str | None) -> str:
        """A token other than ``stale``. Raises Unreachable, and what ``fetch`` raises."""
        with _nothing_sent():
            return await self._kept.fetch(fetch, stale)


@contextmanager
def _nothing_sent() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise Unreachable("gettoken", f"database: {type(error).__name__}") from None
