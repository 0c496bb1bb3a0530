"""The small sample files of ``samples/``, and their twins with ten typical mistakes each."""

from datetime import date
from pathlib import Path
from typing import Final

from simulator.bank.mistakes import MISTAKES, Mistake, spoil
from simulator.bank.writing import generate

SEED: Final = 2026
TODAY: Final = date(2026, 11, 22)


def write_samples(directory: Path) -> dict[str, list[tuple[int, Mistake]]]:
    """Write every sample file into ``directory``; returns the mistakes of each bad twin by kind.

    60 customers of three branches: ``units.csv`` … ``consents.csv`` with ``manifest.json``, and
    ``units-bad.csv`` … that hold the good rows and then the mistakes, one a line.
    """
    generate(directory, seed=SEED, customers=60, branches=3, staff=18, today=TODAY)
    return {
        kind: spoil(directory / f"{kind}.csv", directory / f"{kind}-bad.csv", kind)
        for kind in MISTAKES
    }
