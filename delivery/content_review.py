"""Findings of content that was handed in go to the review desk beside the approval."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from compliance.review import cases
from compliance.review.facts import Source, Stop
from config.review_desk_policy import ReviewDeskPolicy
from content_library.facts import State, VersionFact

SEVERITIES: Final = {"block": "block", "warn": "review"}


def named(code: str, version: int) -> str:
    """A version as the ledger and the desk name it."""
    return f"script:{code}/{version}"


async def submitted(
    session: AsyncSession,
    versions: Sequence[VersionFact],
    *,
    families: Mapping[str, str],
    rulebook: str,
    policy: ReviewDeskPolicy,
    at: datetime,
) -> int:
    """Open a case for each rule in the stored findings; cases about earlier words are moot.

    ``families``: the family of each rule. What is not submitted is left out. Returns how many
    cases are new.
    """
    handed_in = [one for one in versions if one.script.state == State.SUBMITTED]
    stops = {
        stop.key: stop for one in handed_in for stop in _stops(one, families, rulebook).values()
    }
    things = [named(one.script.code, one.script.version) for one in handed_in]
    await cases.close_moot(session, things, at=at, keep=list(stops))
    return await cases.open_cases(session, stops.values(), policy=policy, at=at)


def _stops(version: VersionFact, families: Mapping[str, str], rulebook: str) -> dict[str, Stop]:
    """What stopped the words of one version, by rule and words."""
    script = version.script
    stops: dict[str, Stop] = {}
    for one in version.findings:
        severity = SEVERITIES.get(one.level)
        if not one.rule or severity is None:
            continue
        key = f"content:{script.version_id}:{script.template_hash[:16]}:{one.rule}"
        before = stops.get(key)
        stops[key] = Stop(
            key=key,
            source=Source.CONTENT,
            object=named(script.code, script.version),
            rule=one.rule,
            family=families.get(one.rule, ""),
            severity="block" if before and before.severity == "block" else severity,
            rulebook=rulebook,
            speaker="content",
            product=script.product_kind,
            text=version.sample,
            spans=[*(before.spans if before else ()), (one.start, one.end)],
            author=version.author,
        )
    return stops
