"""Which tier and which bands an amount falls into."""

from config.tier_policy import TierPolicy


def tier_of(amount_fen: int | None, policy: TierPolicy) -> str:
    """The tier of a customer with ``amount_fen`` (分); empty where nobody knows the amount."""
    if amount_fen is None:
        return ""
    fitting = [tier.name for tier in policy.tiers if tier.lowest_fen <= max(amount_fen, 0)]
    return fitting[-1]


def bands_of(amount_fen: int | None, policy: TierPolicy) -> tuple[str, ...]:
    """Every band the amount lies in; a customer may stand in several at once."""
    if amount_fen is None:
        return ()
    return tuple(band.name for band in policy.band if band.holds(amount_fen))
