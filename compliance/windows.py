"""When a customer may be disturbed: hours by purpose, narrower for elders, and quiet days."""

from datetime import time

from compliance.calendar import BankDay
from compliance.facts import Purpose
from compliance.policy import GatePolicy
from config.outreach_policy import Window


def window_of(day: BankDay, purpose: Purpose, *, elder: bool, policy: GatePolicy) -> Window | None:
    """The hours of this day for this purpose; None where there are none at all."""
    windows = policy.outreach.windows
    hours = {
        Purpose.SERVICE: windows.service,
        Purpose.CARE: windows.care,
        Purpose.MARKETING: windows.marketing,
    }[purpose]
    window = hours.workday if day.working else hours.holiday
    if elder and purpose.value in windows.elder.purposes:
        return window.within(windows.elder.window)
    return window


def is_open(
    day: BankDay, clock: time, purpose: Purpose, *, elder: bool, policy: GatePolicy
) -> bool:
    """Whether a customer may be disturbed now. 19:59:59 is open where 20:00:00 is not."""
    window = window_of(day, purpose, elder=elder, policy=policy)
    return window is not None and window.holds(clock)
