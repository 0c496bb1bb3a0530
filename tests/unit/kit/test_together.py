"""Work side by side ends before its failure is told: nothing goes on that nobody waits for."""

import asyncio

import pytest

from kit.together import together

pytestmark = pytest.mark.anyio


async def test_results_come_in_the_order_they_were_asked_for() -> None:
    async def later(number: int) -> int:
        await asyncio.sleep(0.001 * (3 - number))
        return number

    assert await together(later(number) for number in range(3)) == [0, 1, 2]


async def test_a_failure_is_told_when_the_others_have_ended() -> None:
    ended = []

    async def fails() -> None:
        raise ValueError("the first")

    async def goes_on() -> None:
        await asyncio.sleep(0.005)
        ended.append("goes on")

    async def fails_later() -> None:
        await asyncio.sleep(0.001)
        raise KeyError("the second")

    with pytest.raises(ValueError, match="the first"):
        await together([fails(), goes_on(), fails_later()])
    assert ended == ["goes on"]
