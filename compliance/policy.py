"""Everything a business owner may change about the gate, read once and made ready."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from compliance.disclosures import Disclosures
from compliance.facts import Purpose
from config import disclosure_policy, outreach_policy, suitability_policy
from config.disclosure_policy import DisclosurePolicy
from config.outreach_policy import Cap, OutreachPolicy
from config.suitability_policy import RuleSets


@dataclass(frozen=True)
class GatePolicy:
    """The policies the gate judges by, suitability as two rule sets; ``hosts`` are the bank's own public hosts."""

    outreach: OutreachPolicy
    suitability: RuleSets
    disclosures: DisclosurePolicy
    hosts: frozenset[str] = frozenset()

    @classmethod
    def load(
        cls, directory: Path | None = None, *, hosts: frozenset[str] = frozenset()
    ) -> "GatePolicy":
        """The policies as they ship; the bank's own ``directory`` stands before the shipped one."""
        return cls.of(
            outreach_policy.load(directory),
            suitability_policy.load(directory),
            disclosure_policy.load(directory),
            hosts=hosts,
        )

    @classmethod
    def of(
        cls,
        outreach: OutreachPolicy,
        suitability: RuleSets,
        disclosures: DisclosurePolicy,
        *,
        hosts: frozenset[str] = frozenset(),
    ) -> "GatePolicy":
        """These policies; ``hosts`` are allowed beside those that outreach names."""
        links = outreach.links
        allowed = hosts | frozenset(links.allowed_hosts) | frozenset(links.app_hosts)
        return cls(outreach, suitability, disclosures, allowed)

    @cached_property
    def elements(self) -> Disclosures:
        """The required elements, their expressions compiled."""
        return Disclosures(self.disclosures)

    @cached_property
    def version(self) -> str:
        """A short digest of them all: two runs with the same digest judged by the same policy."""
        digest = hashlib.sha256()
        for part in (self.outreach, *self.suitability.both, self.disclosures):
            digest.update(part.model_dump_json().encode())
        digest.update(",".join(sorted(self.hosts)).encode())
        return digest.hexdigest()[:12]

    def with_hosts(self, *hosts: str) -> "GatePolicy":
        """The same policy with more hosts that may stand in a text."""
        return replace(self, hosts=self.hosts | frozenset(hosts))

    @cached_property
    def _caps(self) -> dict[Purpose, Cap]:
        return {purpose: self.outreach.caps.of(purpose.value) for purpose in Purpose}

    def caps(self, purpose: Purpose) -> Cap:
        """How often one customer may hear of this purpose, for the gate and for quota slots."""
        return self._caps[purpose]

    def weekly_cap(self, purpose: Purpose, *, elder: bool) -> int:
        """The cap of a week; elder customers hear less of marketing."""
        week = self.caps(purpose).week
        if elder and purpose is Purpose.MARKETING:
            return min(week, self.outreach.caps.elder.marketing_week)
        return week

    def is_elder(self, age: int | None, personas: frozenset[str]) -> bool:
        """Whether hours and caps of elder customers hold: by age, or known as such."""
        elder = self.outreach.elder
        return (age is not None and age >= elder.age) or not elder.personas.isdisjoint(personas)
