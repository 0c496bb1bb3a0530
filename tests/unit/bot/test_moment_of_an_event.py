"""An event is handled now, and never before it happened, whatever our clock says."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.inbox.worker import CLOCKS_DIFFER, moment_of

NOW = datetime(2026, 11, 26, 1, 58, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ahead", "handled"),
    [
        (timedelta(minutes=-5), timedelta()),
        (timedelta(), timedelta()),
        (timedelta(minutes=31), timedelta(minutes=31)),
        (CLOCKS_DIFFER, CLOCKS_DIFFER),
        (CLOCKS_DIFFER + timedelta(seconds=1), timedelta()),
    ],
)
def test_what_follows_an_event_is_as_new_as_the_event(ahead: timedelta, handled: timedelta) -> None:
    assert moment_of(NOW + ahead, NOW) == NOW + handled


def test_an_event_without_a_time_is_handled_now() -> None:
    assert moment_of(None, NOW) == NOW
