"""Group commit: many callbacks share one durable transaction, each answered after it.

Because a commit costs a disk flush, one flush carries all the callbacks that arrived while the
last one ran. An arrival's future resolves only when its row is on stable storage; when the
database cannot store, it fails and WeCom is answered 503, never 200.
"""

import asyncio
import contextlib
from datetime import datetime

from bot.inbox.keeping import Arrival, keep
from kit import log
from kit.db import Database
from kit.errors import Unavailable

MOST_AT_ONCE = 512
MOST_WAITING = 20_000
CROWD = 8
GATHER_S = 0.001
"""After a crowd the next flush waits this long, so that more callbacks share it (make bench)."""

_log = log.get(__name__)


class InboxFull(Unavailable):
    """More callbacks wait for storage than this process may hold; WeCom will come again."""

    code = "E-7001"


class InboxNotStored(Unavailable):
    """The database did not take the callback; WeCom is told to come again."""

    code = "E-7002"


class Intake:
    """The one writer of new inbox rows in this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Arrival, asyncio.Future[bool]]] = []
        self._arrived = asyncio.Event()
        self._writing = asyncio.Lock()
        self._writer: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the writer in the running loop."""
        self._writer = asyncio.create_task(self._write_for_ever(), name="inbox-writer")

    async def stop(self) -> None:
        """Store what has arrived, then stop."""
        waiting = [future for _, future in self._waiting]
        await asyncio.gather(*waiting, return_exceptions=True)
        async with self._writing:
            pass
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer

    async def keep(self, arrival: Arrival) -> bool:
        """Wait until ``arrival`` is durable; True when it had not come before.

        Raises InboxFull or InboxNotStored; then nothing was promised to anybody.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise InboxFull("回调太多，存不下了", do="企业微信会重发；看运行状况页的数据库一栏")
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, future))
        self._arrived.set()
        return await future

    async def _write_for_ever(self) -> None:
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            crowded = False
            while self._waiting:
                if crowded:
                    await asyncio.sleep(GATHER_S)
                batch = self._waiting[:MOST_AT_ONCE]
                del self._waiting[:MOST_AT_ONCE]
                crowded = len(batch) > CROWD
                async with self._writing:
                    await self._write(batch)

    async def _write(self, batch: list[tuple[Arrival, asyncio.Future[bool]]]) -> None:
        try:
            new = await keep(self._database, [arrival for arrival, _ in batch])
        except Exception as error:
            _log.exception("inbox.not_stored", waiting=len(batch))
            refusal = InboxNotStored(
                "回调没有存下", saw=type(error).__name__, do="看运行状况页的数据库一栏"
            )
            for _, future in batch:
                if not future.done():
                    future.set_exception(refusal)
            return
        for arrival, future in batch:
            first = arrival.digest in new
            new.discard(arrival.digest)
            if not future.done():
                future.set_result(first)


def arrival_age(happened: datetime | None, at: datetime) -> float | None:
    """Seconds between WeCom's CreateTime and now, for the metric; never a reason to refuse."""
    return None if happened is None else (at - happened).total_seconds()
