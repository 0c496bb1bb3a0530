"""How often is often enough: caps by purpose, per day, week, month, campaign and group."""

from collections.abc import Iterator

from compliance.facts import Channel, Counts, Purpose
from compliance.objections import Objection
from compliance.policy import GatePolicy


def cap_objections(
    counts: Counts, channel: Channel, purpose: Purpose, policy: GatePolicy, *, elder: bool
) -> Iterator[Objection]:
    """Which caps are used up. A group post counts against the group, not its members."""
    cap = policy.caps(purpose)
    if channel is Channel.GROUP:
        if counts.group_today >= cap.group_day:
            yield Objection.CAP_GROUP
        return
    if counts.today >= cap.day:
        yield Objection.CAP_DAY
    if counts.week >= policy.weekly_cap(purpose, elder=elder):
        yield Objection.CAP_WEEK
    if counts.month >= cap.month:
        yield Objection.CAP_MONTH
    if counts.campaign >= cap.campaign:
        yield Objection.CAP_CAMPAIGN
