"""Ten thousand steps of everything that happens to a bank, on both databases; guards off are found."""

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from kit import clock
from tests.machine.databases import postgresql_copies, sqlite_files
from tests.machine.driver import Fresh, Walked, drawn, prove, walk
from tests.machine.sabotage import SABOTAGED
from tests.machine.steps import STEPS
from tests.proofs.written import write

LEFT_OPEN = "default::pytest.PytestUnraisableExceptionWarning"
"""A played death cancels what was under way: a connection that is being opened at that moment is
closed by nobody, as a killed process leaves its own to the kernel."""

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.timeout(7_200),
    pytest.mark.filterwarnings(LEFT_OPEN),
]

WALKS = 20
EACH = 500
FIRST_SEED = 100
LOOKED_FOR = 400


async def _prove(fresh: Fresh, title: str, database: str) -> None:
    walked = [
        await prove(fresh, seed=FIRST_SEED + number, steps=EACH, budget_s=600)
        for number in range(WALKS)
    ]
    today = clock.bank_date(clock.now())
    write(title, _told(walked, f"{today.isoformat()}, {database}"))


def _told(walked: list[Walked], head: str) -> list[str]:
    seconds = sum(one.seconds for one in walked)
    counts = sum((one.counts for one in walked), Counter[str]())
    shown = ("tasks", "confirmed", "welcomes", "cards", "taps", "refusals", "refusals on the way")
    return [
        f"{head}. {sum(one.steps for one in walked)} steps in {seconds:.0f} s: {WALKS} walks of"
        f" {EACH}, seeds {FIRST_SEED} to {FIRST_SEED + WALKS - 1}, {len(STEPS)} kinds of steps."
        f" The process was killed at a commit or a call {counts['deaths']} times.",
        "",
        "| counted by | what | figure |",
        "|---|---|---|",
        *(f"| simulated WeCom and model | {name} | {counts[name]} |" for name in shown),
        "| model | **promises broken (P3, P7-P12)** | **0** |",
    ]


async def test_ten_thousand_steps_break_no_promise_on_sqlite(
    sqlite_template: Path, tmp_path: Path
) -> None:
    await _prove(sqlite_files(sqlite_template, tmp_path), "State machine, SQLite", "SQLite")


async def test_ten_thousand_steps_break_no_promise_on_postgresql(
    postgres_server: URL, postgres_template: str, tmp_path: Path
) -> None:
    fresh = postgresql_copies(postgres_server, postgres_template, tmp_path)
    await _prove(fresh, "State machine, PostgreSQL", "PostgreSQL")


@pytest.mark.parametrize("what", sorted(SABOTAGED))
async def test_a_product_with_one_guard_off_is_found(
    sqlite_template: Path, tmp_path: Path, what: str
) -> None:
    """A machine that finds nothing proves nothing."""
    fresh = sqlite_files(sqlite_template, tmp_path)
    found = [
        await walk(fresh, drawn(seed, LOOKED_FOR), seed=seed, house=SABOTAGED[what])
        for seed in (34, 35)
    ]
    assert any(one.broken is not None for one in found)
