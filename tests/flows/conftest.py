"""What a command set up for its own output does not outlive its test."""

import logging
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def log_of_this_test_alone() -> Iterator[None]:
    """A command writes its log to the stream of its test; afterwards that stream is closed."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
