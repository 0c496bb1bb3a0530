"""Tiers, standing and leads, in that order: after loads for whom they touched, nightly for all.

After a load personas follow; their nightly run over everybody is a job of its own.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select

from config import policy_catalogue
from crm_sync import tiers
from crm_sync.leads import finding
from crm_sync.personas_after_load import evaluate_changed
from crm_sync.standing import changes, evaluation
from delivery.repository import reach
from insights.known_elsewhere import known_elsewhere
from wiring.parts import Parts


async def everybody(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Evaluate every customer: days pass for all of them, policies change for all of them."""
    bank = parts.databases.bank
    placed = await tiers.assign_tiers(bank, parts.tiers, at)
    stood = await evaluation.evaluate(
        bank, parts.shelf.of(policy_catalogue.STANDING), at, contacted=contacted(parts, at)
    )
    found = await finding.find(
        bank,
        parts.shelf.of(policy_catalogue.LEADS),
        at,
        personas=parts.personas,
        tiers=parts.tiers,
        outside=known_elsewhere(),
    )
    return _counts(stood, found) | {"tiers": placed.placed.total() + placed.moved.total()}


async def changed(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Evaluate the customers of whom an import wrote something since the last time.

    Personas come last, because rules may ask for a tier.
    """
    bank = parts.databases.bank
    stood = await evaluation.evaluate_changed(
        bank,
        parts.shelf.of(policy_catalogue.STANDING),
        at,
        contacted=contacted(parts, at),
        tiers=parts.tiers,
    )
    found = await finding.find_changed(
        bank,
        parts.shelf.of(policy_catalogue.LEADS),
        at,
        personas=parts.personas,
        tiers=parts.tiers,
        outside=known_elsewhere(),
    )
    return {**_counts(stood, found), **await _personas(parts, at)}


async def _personas(parts: Parts, at: datetime) -> Mapping[str, Any]:
    """Who joins and leaves a persona because of what was imported; nothing without an import."""
    bank = parts.databases.bank
    async with bank.reading() as session:
        seen = await changes.news(session, changes.PERSONAS)
    if seen.since is None:
        return {"personas_changed": 0}
    report = await evaluate_changed(
        bank,
        parts.personas,
        at,
        tiers=parts.tiers,
        outside=known_elsewhere(),
        imported_since=seen.since,
    )
    async with bank.transaction() as session:
        await changes.mark(session, changes.PERSONAS, at, seen)
    return {
        "personas_changed": report.changed,
        "personas_joined": dict(report.joined),
        "personas_left": dict(report.left),
    }


def contacted(parts: Parts, at: datetime) -> Select[Any]:
    """The customers with a record of contact in the span that the file asks for."""
    days = parts.shelf.of(policy_catalogue.STANDING).file.contact_days
    return reach.reached(at - timedelta(days=days), at)


def _counts(
    stood: evaluation.StandingReport, found: finding.LeadReport
) -> dict[str, int | bool | dict[str, int]]:
    return {
        "whole": stood.whole,
        "customers": stood.customers,
        "standings_written": stood.written,
        "leads": dict(found.standing),
        "leads_written": found.written,
        "leads_gone": found.gone,
    }
