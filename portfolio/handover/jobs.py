"""One round over all handovers that are under way: results first, then requests, then the end."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Final

from config.handover_policy import HandoverPolicy
from delivery.polling import Calls
from kit import log
from kit.db import Database
from portfolio.handover import asking, results, store
from wecom.client import Caller

A_ROUND: Final = 600
"""Pages of results one round reads; the job comes every five minutes."""
_log = log.get(__name__)


async def round_of(
    database: Database,
    wecom: Caller,
    clock: Callable[[], datetime],
    policy: HandoverPolicy,
    *,
    run_id: int | None = None,
    everything: bool = False,
    pages: int = A_ROUND,
) -> dict[str, int]:
    """Carry every running handover (or one) as far as it goes now; counts of lines by state.

    Results come first: what a call without an answer did is known before anything is asked again.
    ``everything``: results that are not due yet are read too, because a person is waiting.
    ``pages`` of results are read at most; the next round goes on with the rest.
    """
    calls = Calls(pages)
    counts: Counter[str] = Counter()
    async with database.reading() as session:
        under_way = await store.running(session)
    for one in under_way:
        if run_id is not None and one != run_id:
            continue
        try:
            counts.update(
                await results.read(
                    database, wecom, one, clock, policy, calls, everything=everything
                )
            )
            counts.update(await asking.ask(database, wecom, one, clock, policy))
            async with database.transaction() as session:
                counts["finished"] += await results.finish(session, one, clock())
        except Exception as error:  # because one bad handover must not keep the others waiting
            if run_id is not None:
                raise
            _log.exception("handover.round_failed", run=one, cause=type(error).__name__)
            counts["failed"] += 1
    return dict(counts)
