"""A test that proves a row of the mission names a row that exists."""

import re
from pathlib import Path

from tests.mission import rows

TESTS = Path(__file__).resolve().parents[2]
MARK = re.compile(r"pytest\.mark\.mission\(([^)]*)\)")


def test_every_mark_names_a_row_of_the_mission() -> None:
    known = rows()
    named = {
        row
        for path in TESTS.rglob("*.py")
        for arguments in MARK.findall(path.read_text("utf-8"))
        for row in re.findall(r'"([^"]+)"', arguments)
    }
    assert named
    assert named <= set(known), named - set(known)
