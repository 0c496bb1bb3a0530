"""``make mission``: the rows of the mission table, each with the tests that prove it."""

import contextlib
import io
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
ROWS = TESTS / "data" / "mission" / "rows.tsv"


def rows() -> dict[str, str]:
    """What the product must do, by the number of the row."""
    lines = ROWS.read_text("utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines)


class Marks:
    """Collects, without running anything, which tests prove which row."""

    def __init__(self) -> None:
        self.proofs: defaultdict[str, set[str]] = defaultdict(set)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note the marks of every test; its parameters are one proof."""
        for item in items:
            for mark in item.iter_markers("mission"):
                for row in mark.args:
                    self.proofs[str(row)].add(item.nodeid.partition("[")[0])


def proofs() -> Mapping[str, set[str]]:
    """Tests by the row that they prove. RuntimeError where the tests cannot be collected."""
    marks = Marks()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = pytest.main(["--collect-only", "-q", str(TESTS)], plugins=[marks])
    if code != pytest.ExitCode.OK:
        raise RuntimeError(f"the tests could not be collected: {said.getvalue()[-2_000:]}")
    return marks.proofs


def main() -> int:
    """Print every row; 1 where a test names a row that does not exist."""
    wanted, found = rows(), proofs()
    for row, demand in wanted.items():
        sys.stdout.write(f"{row}  {demand}\n")
        for test in sorted(found.get(row, ())):
            sys.stdout.write(f"      {test}\n")
    unknown = sorted(set(found) - set(wanted))
    proven = sum(row in found for row in wanted)
    sys.stdout.write(f"{proven} of {len(wanted)} rows have a test\n")
    if unknown:
        sys.stdout.write(f"no such rows: {', '.join(unknown)}\n")
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
