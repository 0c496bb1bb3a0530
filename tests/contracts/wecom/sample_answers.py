"""Recorded answers for the tests of samples."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from tests.contracts.wecom.calls import Recorded, sample


def told(name: str) -> Recorded:
    return Recorded(sample(name))


def run(work: Any) -> Any:
    async def rows() -> Any:
        if not hasattr(work, "__aiter__"):
            return await work
        return [
            row async for page in work for row in (page.items if hasattr(page, "items") else page)
        ]

    return asyncio.run(rows())


def second(value: int) -> datetime:
    return datetime.fromtimestamp(value, UTC)


class Refusing(Recorded):
    """Raises one error for every call."""

    def __init__(self, error: Exception) -> None:
        super().__init__({})
        self.error = error

    async def call(self, *_: Any, **__: Any) -> dict[str, Any]:
        raise self.error
