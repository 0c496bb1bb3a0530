"""Screening: what words may reach a customer, and what in a chat needs a person.

Pure functions over text; no database, no network. `Screener.from_rulebook()` once, then `screen`.
"""

from compliance.screening.engine import Screener
from compliance.screening.facts import SPEAKERS, Hit, Speaker, Verdict

__all__ = ["SPEAKERS", "Hit", "Screener", "Speaker", "Verdict"]
