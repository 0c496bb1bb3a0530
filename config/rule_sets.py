"""The two rule sets of suitability, from the shelf of policies in force."""

from config import policy_catalogue
from config.policy_shelf import Shelf
from config.suitability_policy import RuleSets


def rule_sets(shelf: Shelf) -> RuleSets:
    """The banks' and the funds' rules that hold now."""
    return RuleSets(
        shelf.of(policy_catalogue.SUITABILITY), shelf.of(policy_catalogue.FUND_SUITABILITY)
    )
