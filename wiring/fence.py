"""WeCom's own fence with this installation's rulebook and policy."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from compliance.fence import keeping, words
from compliance.fence.keeping import Kept
from config import policy_catalogue
from kit.clock import bank_date
from wiring.parts import Parts


async def keep(parts: Parts, *, apply: bool, by: str) -> Kept:
    """Compare WeCom's rules with the rulebook's certain words; with ``apply`` put them in step."""
    policy = parts.shelf.of(policy_catalogue.INTERCEPT)
    known = words.certain(
        parts.screener, words.concept_words(), policy.least_chars, bank_date(parts.clock())
    )
    return await keeping.keep(
        parts.databases.bank,
        parts.wecom,
        words.wanted(known, policy),
        prefix=policy.prefix,
        apply=apply,
        by=by,
        clock=parts.clock,
    )


async def nightly(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """The night's round: puts in step where the policy says so, else only compares."""
    automatic = parts.shelf.of(policy_catalogue.INTERCEPT).automatic
    kept = await keep(parts, apply=automatic, by="system:fence")
    return {
        "differences": len(kept.planned),
        "done": len(kept.done),
        "unknown": len(kept.unknown),
        "refused": len(kept.refused),
    }
