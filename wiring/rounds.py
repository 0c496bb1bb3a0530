"""Work that is done again and again for as long as a process lives; a failed round ends nothing."""

import asyncio
from collections.abc import Awaitable, Callable

from kit import log
from wecom.errors import WecomError

_log = log.get(__name__)

Work = Callable[[], Awaitable[None]]


async def safely(name: str, work: Work) -> None:
    """One failing round must not end the worker; it is logged and tried again."""
    try:
        await work()
    except WecomError as error:
        _log.warning("worker.wecom_failed", work=name, cause=type(error).__name__)
    except Exception:
        _log.exception("worker.round_failed", work=name)


async def every(seconds: float, name: str, work: Work) -> None:
    """``work`` for ever, with ``seconds`` between the end of a round and the next."""
    while True:
        await safely(name, work)
        await asyncio.sleep(seconds)
