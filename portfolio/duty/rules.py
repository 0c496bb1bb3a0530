"""When a customer must be contacted next, and when that was missed. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from config.contact_duty_policy import ContactDutyPolicy
from config.coverage_policy import CoveragePolicy


@dataclass(frozen=True, slots=True)
class Duty:
    """What is owed to one customer on a day.

    ``late``: more days than the class allows (A6). ``breach``: more than the quarter rule allows
    (A7). ``unplanned``: the class needs an activation plan and there is none.
    """

    next_on: date
    elapsed: int
    late: bool
    breach: bool
    unplanned: bool


def next_contact(grade: str, base_on: date, policy: ContactDutyPolicy) -> date:
    """The last day on which a customer of ``grade`` is contacted in time, counted from
    ``base_on``, the bank day of the newest 有效联络."""
    return base_on + timedelta(days=min(policy.days_of(grade), policy.quarter_days))


def duty_of(
    grade: str, base_on: date, today: date, policy: ContactDutyPolicy, *, has_plan: bool = False
) -> Duty:
    """What is owed on ``today``: day 90 of a quarter of 90 days is in time, day 91 a breach."""
    elapsed = (today - base_on).days
    return Duty(
        next_on=next_contact(grade, base_on, policy),
        elapsed=elapsed,
        late=elapsed > policy.days_of(grade),
        breach=elapsed > policy.quarter_days,
        unplanned=grade in policy.planned and not has_plan,
    )


@dataclass(frozen=True, slots=True)
class Load:
    """One manager's numbers: owned, covered in the window, known deeply."""

    assigned: int
    covered: int
    deep: int


def load_warnings(load: Load, policy: CoveragePolicy) -> tuple[str, ...]:
    """What is too much for one person, in words; nothing where the load is sound."""
    found = []
    if load.assigned > policy.assigned_warn:
        found.append(f"名下超过 {policy.assigned_warn} 户")
    if load.covered > policy.effective_most:
        found.append(f"有效覆盖超过 {policy.effective_most} 户")
    if load.covered < min(policy.effective_least, load.assigned):
        found.append(f"有效覆盖不到 {min(policy.effective_least, load.assigned)} 户")
    if load.deep > policy.deep_most:
        found.append(f"深度经营超过 {policy.deep_most} 户")
    return tuple(found)
