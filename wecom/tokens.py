"""Access tokens: where one is kept, and how one renewal serves everybody who waits for it."""

from collections.abc import Awaitable, Callable
from copy import copy
from dataclasses import dataclass, field
from typing import Final, Protocol

import anyio

from wecom.errors import Misconfigured, WecomError

_QUIET_AFTER_REFUSAL_S: Final = 60.0  # a secret refused 2 000 times in an hour blocks our address


@dataclass(frozen=True, slots=True)
class FreshToken:
    """What gettoken answered (official page 91039)."""

    value: str = field(repr=False)
    expires_in_s: int


Fetch = Callable[[], Awaitable[FreshToken]]


class TokenStore(Protocol):
    """Keeps the token of one (corp, secret); several processes may share it through a database.

    Nothing in a key or a log may be derived from the secret or the token.
    """

    async def get(self) -> str | None:
        """Return the token if it is there and not about to expire."""
        ...

    async def fetch(self, fetch: Fetch, stale: str | None) -> str:
        """Return a token other than ``stale``, calling ``fetch`` at most once and keeping it.

        A shared store takes its lock first and looks again: if another process has renewed since
        (the kept token is good and is not ``stale``), that one is returned without a call.
        """
        ...


class MemoryTokens:
    """A token store for one process."""

    def __init__(self) -> None:
        self._value: str | None = None
        self._good_until = 0.0

    async def get(self) -> str | None:
        return self._value if anyio.current_time() < self._good_until else None

    async def fetch(self, fetch: Fetch, stale: str | None) -> str:
        kept = await self.get()
        if kept is not None and kept != stale:
            return kept
        fresh = await fetch()
        # WeCom repeats the same token until near its end, so a fixed margin could renew for ever.
        margin = min(60.0, fresh.expires_in_s * 0.1)
        self._value = fresh.value
        self._good_until = anyio.current_time() + fresh.expires_in_s - margin
        return fresh.value


class SharedRenewal:
    """One fetch at a time in this process; who comes meanwhile shares its token or its error."""

    def __init__(self, store: TokenStore, fetch: Fetch) -> None:
        self._store = store
        self._fetch = fetch
        self._flight: _Flight | None = None
        self._refused: tuple[float, Misconfigured] | None = None

    async def token(self, stale: str | None = None) -> str:
        """Return a token; with ``stale``, one that is newer than it."""
        while True:
            kept = await self._store.get()
            if kept is not None and kept != stale:
                return kept
            if self._refused is not None and anyio.current_time() < self._refused[0]:
                raise copy(self._refused[1])
            if self._flight is None:
                return await self._lead(stale)
            flight = self._flight
            await flight.landed.wait()
            if flight.error is not None:
                raise copy(flight.error)
            if flight.token is not None:
                return flight.token
            # The one who led was cancelled: look again, and lead if nobody else does.

    async def _lead(self, stale: str | None) -> str:
        flight = self._flight = _Flight()
        try:
            flight.token = await self._store.fetch(self._fetch, stale)
        except Misconfigured as error:
            flight.error = error
            self._refused = (anyio.current_time() + _QUIET_AFTER_REFUSAL_S, error)
            raise
        except WecomError as error:
            flight.error = error
            raise
        finally:
            self._flight = None
            flight.landed.set()
        self._refused = None
        return flight.token


class _Flight:
    def __init__(self) -> None:
        self.landed = anyio.Event()
        self.token: str | None = None
        self.error: WecomError | None = None
