"""What a message is for decides how soon the dispatcher makes its call."""

import pytest

from compliance.facts import Purpose
from delivery.facts import AT_ONCE, priority_of
from delivery.repository.turns import RANGES, urgency_of
from kit.pacing.facts import Urgency


@pytest.mark.parametrize(
    ("priority", "level"),
    [
        (AT_ONCE, Urgency.URGENT),
        (priority_of(Purpose.SERVICE.value), Urgency.SERVICE),
        (priority_of(Purpose.CARE.value), Urgency.SERVICE),
        (priority_of(Purpose.MARKETING.value), Urgency.MARKETING),
    ],
)
def test_a_welcome_is_urgent_then_service_and_care_then_marketing(
    priority: int, level: Urgency
) -> None:
    assert urgency_of(priority) is level
    first, last = RANGES[level]
    assert first <= priority <= last


def test_service_goes_before_care_and_care_before_marketing() -> None:
    purposes = (Purpose.SERVICE, Purpose.CARE, Purpose.MARKETING)
    inside = [priority_of(one.value) for one in purposes]
    assert [AT_ONCE, *inside] == sorted({AT_ONCE, *inside})
    assert len(Purpose) == len(purposes)
