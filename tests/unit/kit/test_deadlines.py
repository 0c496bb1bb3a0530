"""A process that slept past its lease makes no call any more."""

import pytest
from sqlalchemy.exc import OperationalError

from config.call_limit_policy import load
from kit.pacing.deadlines import in_time, prolong, too_late
from kit.pacing.service import Pacer
from wecom.errors import Busy
from wiring.pace import WecomPace, pace_of

pytestmark = [pytest.mark.anyio, pytest.mark.mission("C6")]


class Steady:
    """Seconds that a process counts, also while it is stopped."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_a_deadline_passes_by_the_steady_clock_and_can_be_prolonged() -> None:
    steady = Steady()
    assert not too_late()
    with in_time(60, steady=steady):
        steady.at += 59
        assert not too_late()
        prolong(60)
        steady.at += 59
        assert not too_late()
        steady.at += 1
        assert too_late()
    assert not too_late()
    prolong(60)


class NoDatabase:
    """Nothing is asked of it, because no limit is given."""

    def transaction(self) -> object:
        raise OperationalError("nobody may ask", {}, Exception())


async def test_a_call_whose_time_is_over_is_not_made() -> None:
    policy, steady = load(), Steady()
    pace = WecomPace(NoDatabase(), lambda: policy)  # type: ignore[arg-type]
    pace.pacer = Pacer(NoDatabase(), lambda _: (), lambda: pace_of(policy))  # type: ignore[arg-type]
    made = []
    with in_time(60, steady=steady):
        async with pace.passing("externalcontact/add_msg_template", {}):
            made.append(steady.at)
        steady.at += 90  # stopped for ninety seconds in the middle of its work
        with pytest.raises(Busy) as caught:
            async with pace.passing("externalcontact/add_msg_template", {}):
                made.append(steady.at)
    assert "lease is over" in str(caught.value)
    assert made == [100.0]
