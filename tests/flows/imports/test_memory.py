"""Memory stays flat: ten times the rows take no more of it than a few buffers."""

import asyncio
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.anyio


async def most_memory(url: str, folder: Path, count: int) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.flows.imports.memory_probe", url, str(folder), str(count),
        stdout=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0
    return int(said)


@pytest.mark.slow
async def test_two_hundred_thousand_customers_take_little_more_memory_than_none(
    database_url: str, tmp_path: Path
) -> None:
    most = await most_memory(database_url, tmp_path, 200_000)
    assert most < 420, f"{most} MB"
