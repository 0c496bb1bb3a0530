"""How a text is read: folded, scanned for words, and written out without its disguises."""

from __future__ import annotations

from typing import NamedTuple

from compliance.screening.disguise import Unmasker
from compliance.screening.folding import clean, fold
from compliance.screening.matcher import Index, Scan
from compliance.screening.rulebook import Rulebook
from compliance.screening.views import View


class Reading(NamedTuple):
    """What was seen in a text as it stands, and the text without its disguises."""

    scan: Scan
    unmasked: View  # the very view that was read where nothing was hidden


class Reader:
    """Reads texts by the words of a rulebook."""

    def __init__(self, rulebook: Rulebook) -> None:
        usual = [
            fold(text)
            for rule in rulebook.active
            for text in (*rule.rewrites, *(one.text for one in rule.no_match))
        ]
        self.index = Index(rulebook.active, rulebook.shields, [rulebook.financial], usual)
        self._unmasker = Unmasker(rulebook.disguises)
        self._financial = self.index.mask_of(rulebook.financial)

    def read(self, view: View) -> Reading:
        """Scan a folded view and take its disguises off."""
        scan = self.index.scan(view.text)
        financial = bool(scan.present & self._financial)
        return Reading(scan, self._unmasker.unmask(view, financial=financial))

    def unmasked(self, text: str) -> str:
        """The text as it is meant to be read."""
        return self.read(clean(text)).unmasked.text
