"""How many follow-ups in a row led to nothing. Pure; agrees with the statement in ``parking``."""

from collections.abc import Iterable

from config.follow_up_policy import FollowUpPolicy


def misses_in_a_row(outcomes: Iterable[str], policy: FollowUpPolicy) -> int:
    """Misses since the last deal, ``outcomes`` in the order in which they happened."""
    found = 0
    for outcome in outcomes:
        if outcome in policy.deals:
            found = 0
        elif outcome in policy.misses:
            found += 1
    return found


def parks(outcomes: Iterable[str], policy: FollowUpPolicy) -> bool:
    """Whether a customer with these outcomes is parked."""
    return misses_in_a_row(outcomes, policy) >= policy.park_after
