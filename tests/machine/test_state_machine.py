"""A thousand steps of everything that happens to a bank, and no promise is broken."""

from pathlib import Path

import pytest

from tests.machine.databases import sqlite_files
from tests.machine.driver import drawn, prove, shortest, walk
from tests.machine.sabotage import ResendsInDoubt

pytestmark = pytest.mark.anyio

SEEDS = (34, 35)
STEPS = 500  # a thousand together


@pytest.mark.parametrize("seed", SEEDS)
async def test_no_promise_is_broken_whatever_happens_in_whatever_order(
    sqlite_template: Path, tmp_path: Path, seed: int
) -> None:
    walked = await prove(sqlite_files(sqlite_template, tmp_path), seed=seed, steps=STEPS)
    counts = walked.counts
    assert min(counts["tasks"], counts["welcomes"], counts["deaths"], counts["refusals"]) > 0


async def test_the_machine_finds_who_sends_again_in_doubt(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """A test of the test: with this guard off a short trace is enough."""
    fresh = sqlite_files(sqlite_template, tmp_path)
    trace = [
        ("written", 0, 2, 0),
        ("contact_added", 0, 1, 1),
        ("said", 0, 1, 1),
        ("fault", 0, 0, 0),
        ("sent", 1, 0, 0),
        ("worked", 0, 0, 0),
        ("sent", 1, 0, 0),
    ]
    assert (await walk(fresh, trace, seed=1)).broken is None
    found = await walk(fresh, trace, seed=1, house=ResendsInDoubt)
    assert found.broken is not None
    short = await shortest(fresh, trace, found.broken, seed=1, house=ResendsInDoubt)
    names = [name for name, *_ in short]
    assert {"written", "said", "fault", "sent"} <= set(names)
    assert "contact_added" not in names  # it has nothing to do with it


def test_a_seed_always_draws_the_same_trace() -> None:
    assert drawn(7, 40) == drawn(7, 40)
    assert drawn(7, 40) != drawn(8, 40)
