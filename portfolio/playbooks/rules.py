"""Picks the playbook of a tier, the layer of an amount, the group of an age. Pure."""

from collections.abc import Mapping

from config.content_hint_policy import AgeGroup, ContentHintPolicy
from config.playbook_policy import Layer, Playbook, PlaybookPolicy


def playbook_of(tier: str, policy: PlaybookPolicy) -> Playbook | None:
    """How customers of ``tier`` are looked after; None for a tier without a playbook."""
    return next((one for one in policy.playbooks if one.tier == tier), None)


def layer_of(amount_fen: int | None, policy: PlaybookPolicy) -> Layer | None:
    """The layer an amount in 分 falls into; None below the lowest, or where nobody knows it."""
    if amount_fen is None:
        return None
    fitting = [one for one in policy.layers if one.lowest_fen <= amount_fen]
    return fitting[-1] if fitting else None


def bounds_of(policy: PlaybookPolicy) -> list[tuple[Layer, int, int | None]]:
    """Each layer with its amounts in 分: from (included), to (not included; None: no end)."""
    ends = [one.lowest_fen for one in policy.layers[1:]]
    return [
        (layer, layer.lowest_fen, end)
        for layer, end in zip(policy.layers, [*ends, None], strict=True)
    ]


def age_group_of(age: int, policy: ContentHintPolicy) -> AgeGroup:
    """The group of an age in whole years."""
    return next(one for one in policy.ages if one.below is None or age < one.below)


def median_age(born_in: Mapping[int, int], year: int) -> int | None:
    """The age that half of the customers have not passed, by year of birth; None for nobody."""
    total = sum(born_in.values())
    seen = 0
    for birth in sorted(born_in, reverse=True):
        seen += born_in[birth]
        if total and 2 * seen >= total:
            return year - birth
    return None
