"""What a product text must say beside the product (必备要素), checked on the rendered text."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from compliance.facts import Purpose
from config.disclosure_policy import DisclosurePolicy, Element


@dataclass(frozen=True)
class Required:
    """One element made ready: present where ``present`` is found, asked for where it applies."""

    name: str
    present: re.Pattern[str]
    when: re.Pattern[str] | None
    without: re.Pattern[str] | None

    def missing_from(self, text: str) -> bool:
        """Whether ``text`` (NFKC) should have the element and does not."""
        if self.when is not None and not self.when.search(text):
            return False
        if self.without is not None and self.without.search(text):
            return False
        return not self.present.search(text)

    def met_by(self, part: str) -> bool:
        """Whether a part of the text already has the element, whatever the rest says."""
        return bool(self.present.search(part))


class Disclosures:
    """The elements by purpose and kind of product, compiled once."""

    def __init__(self, policy: DisclosurePolicy) -> None:
        self._general = tuple(map(_required, policy.marketing))
        self._personalised = tuple(map(_required, policy.personalised))
        self._product = {
            (kind, Purpose(purpose)): tuple(map(_required, getattr(elements, purpose)))
            for kind, elements in policy.product.items()
            for purpose in ("marketing", "care", "service")
        }

    def required(
        self, kind: str | None, purpose: Purpose, *, personalised: bool = False
    ) -> tuple[Required, ...]:
        """What words of this purpose about this kind of product must say.

        ``personalised``: they are shown to some because of who they are (PIPL 24).
        """
        found = self._product.get((kind or "", purpose), ())
        if purpose is Purpose.MARKETING:
            return (*self._general, *found)
        if personalised and purpose is not Purpose.SERVICE:
            return (*self._personalised, *found)
        return found

    def missing(
        self, text: str, kind: str | None, purpose: Purpose, *, personalised: bool = False
    ) -> tuple[str, ...]:
        """Names of the elements that ``text`` lacks, in the order of the policy."""
        return missing_from(text, self.required(kind, purpose, personalised=personalised))


def missing_from(text: str, required: Iterable[Required]) -> tuple[str, ...]:
    """Names of the ``required`` elements that ``text`` lacks."""
    plain = unicodedata.normalize("NFKC", text)
    return tuple(element.name for element in required if element.missing_from(plain))


def _required(element: Element) -> Required:
    return Required(
        name=element.name,
        present=_either(element.any_of),
        when=_either(element.when) if element.when else None,
        without=_either(element.without) if element.without else None,
    )


def _either(expressions: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{expression})" for expression in expressions))
