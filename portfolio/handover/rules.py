"""What WeCom's answers mean for a line of a handover (pages 92125, 94088, 92127, 95703)."""

from datetime import datetime, timedelta
from typing import Final

from config.handover_policy import HandoverPolicy
from kit.clock import BANK_TIME
from portfolio.handover.facts import (
    GONE,
    KEPT,
    LIMIT,
    PLANNED,
    REFUSED,
    TAKEN,
    UNKNOWN,
    WAITING,
    Verdict,
)
from wecom import transfers
from wecom.transfers import TransferState

TOO_OFTEN: Final = 40128
TAKER_FULL: Final = 40099
ON_ITS_WAY: Final = (40100, 40129)
NOT_THERE: Final = (40096, 40131, 84061, 49008, 86003)
OWNER_ALREADY: Final = 90504
TODAY_FULL: Final = 45009
GROUP_LAG: Final = timedelta(seconds=5)
CLOCKS_DIFFER: Final = timedelta(minutes=10)


def asked(code: int, at: datetime, policy: HandoverPolicy) -> Verdict:
    """What the answer to one contact of a request means.

    "Is being transferred already" may be a request of ours whose answer was lost, or somebody
    else's: the list of results is asked, and nothing is assumed.
    """
    if code == 0:
        due = at + policy.window
        return Verdict(WAITING, next_at=at + min(policy.poll, policy.window), due_at=due)
    if code in ON_ITS_WAY:
        return Verdict(UNKNOWN, code, next_at=at)
    return Verdict(_refusal(code), code, settled_at=at)


def group_asked(code: int, at: datetime) -> Verdict:
    """What the answer to one group means; the day's cap is over after midnight.

    WeCom's data of groups lags some two seconds: who owns it now is read after them.
    """
    if code in (0, OWNER_ALREADY):
        return Verdict(WAITING, next_at=at + GROUP_LAG)
    if code == TODAY_FULL:
        tomorrow = at.astimezone(BANK_TIME).replace(hour=0, minute=5, second=0, microsecond=0)
        return Verdict(PLANNED, code, next_at=tomorrow + timedelta(days=1))
    return Verdict(_refusal(code), code, settled_at=at)


def _refusal(code: int) -> str:
    if code in (TOO_OFTEN, TAKER_FULL):
        return LIMIT
    return GONE if code in NOT_THERE else KEPT


def looked_up(
    found: TransferState | None,
    state: str,
    asked_at: datetime,
    due_at: datetime | None,
    attempts: int,
    at: datetime,
    policy: HandoverPolicy,
) -> Verdict:
    """What the list of results says of a contact that was asked for at ``asked_at``.

    A handover that ended before we asked is an older one. Not in the list: what has no answer
    never arrived once the list had time to show it, and only then is it asked again.
    """
    if found is not None and not _older(found, asked_at):
        if found.status == transfers.DONE:
            return Verdict(TAKEN, settled_at=found.takeover_at or at)
        if found.status == transfers.REFUSED:
            return Verdict(REFUSED, settled_at=at)
        if found.status == transfers.TAKER_FULL:
            return Verdict(LIMIT, TAKER_FULL, settled_at=at)
        if found.status == transfers.WAITING:
            due = found.takeover_at or due_at or asked_at + policy.window
            if at < due + policy.grace:
                return Verdict(WAITING, next_at=at + policy.poll, due_at=due)
            return Verdict(KEPT, settled_at=at)
    if state == WAITING:
        if at < (due_at or asked_at + policy.window) + policy.grace:
            return Verdict(WAITING, next_at=at + policy.poll, due_at=due_at)
        return Verdict(KEPT, settled_at=at)
    if at - asked_at < policy.settle:
        return Verdict(UNKNOWN, next_at=asked_at + policy.settle)
    if attempts < policy.attempts:
        return Verdict(PLANNED, next_at=at)
    return Verdict(KEPT, settled_at=at)


def _older(found: TransferState, asked_at: datetime) -> bool:
    return (
        found.status == transfers.DONE
        and found.takeover_at is not None
        and found.takeover_at < asked_at - CLOCKS_DIFFER
    )


def said_by_event(reason: str, at: datetime) -> Verdict:
    """What a transfer_fail event says (page 92130)."""
    if reason == "customer_limit_exceed":
        return Verdict(LIMIT, TAKER_FULL, settled_at=at)
    return Verdict(REFUSED, settled_at=at)
