"""Which round comes next, and how many may be skipped. Pure."""

from dataclasses import dataclass

from config.activation_policy import ActivationPolicy


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a customer is: the round's place from 0, rounds skipped, of those in a row."""

    place: int
    skipped: int = 0
    skipped_in_a_row: int = 0


def skip_objection(progress: Progress, policy: ActivationPolicy) -> str | None:
    """Why the present round may not be skipped, in words; None where it may."""
    if progress.skipped >= policy.skip_limit:
        return f"已经跳过 {progress.skipped} 轮，最多 {policy.skip_limit} 轮"
    if progress.skipped_in_a_row >= policy.skip_in_a_row:
        return f"已经连着跳过 {progress.skipped_in_a_row} 轮，最多连着 {policy.skip_in_a_row} 轮"
    return None


def after(progress: Progress, policy: ActivationPolicy, *, skip: bool) -> Progress | None:
    """Where the customer is after the present round; None when that was the last."""
    if progress.place + 1 >= len(policy.rounds):
        return None
    return Progress(
        place=progress.place + 1,
        skipped=progress.skipped + skip,
        skipped_in_a_row=progress.skipped_in_a_row + 1 if skip else 0,
    )
