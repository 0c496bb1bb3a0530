"""What was answered 200 is kept once and done once, however often the server is killed."""

from datetime import date
from pathlib import Path

import pytest

from kit import clock
from tests.proofs.books import must_agree, told
from tests.proofs.killing import Proof
from tests.proofs.written import write

KILLS = 25

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(1_500)]


def _today() -> date:
    return clock.bank_date(clock.now())


async def test_twenty_five_kills_of_the_embedded_server_lose_and_double_nothing(
    sqlite_url: str, tmp_path: Path
) -> None:
    figures = await Proof("sqlite", sqlite_url, tmp_path, seed=9).run(KILLS)
    processes = "SQLite, `gengyun serve` (web, workers and scheduler in one process)"
    must_agree(figures)
    write("kill -9, SQLite", told(figures, processes, _today()))


async def test_twenty_five_kills_of_the_production_processes_lose_and_double_nothing(
    postgresql_url: str, tmp_path: Path
) -> None:
    figures = await Proof("postgresql", postgresql_url, tmp_path, seed=10).run(KILLS)
    processes = "PostgreSQL, `gengyun web`, `gengyun worker` and `gengyun scheduler`"
    must_agree(figures)
    write("kill -9, PostgreSQL", told(figures, processes, _today()))
