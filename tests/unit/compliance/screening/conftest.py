"""One screener for all tests of screening, because building it reads a large table."""

import pytest

from compliance.screening import Screener


@pytest.fixture(scope="session")
def screener() -> Screener:
    return Screener.from_rulebook()
