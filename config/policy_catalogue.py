"""Every policy a business owner may change: its file, what it is called, how it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel

from config.disclosure_policy import DisclosurePolicy
from config.outreach_policy import OutreachPolicy
from config.persona_policy import PersonaPolicy
from config.reminder_policy import ReminderPolicy
from config.suitability_policy import SuitabilityPolicy
from config.tier_policy import TierPolicy

P = TypeVar("P", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Kind(Generic[P]):
    """A policy: ``name`` is its file without ``.toml``; ``model`` says what it may hold."""

    name: str
    title: str
    model: type[P]

    def read(self, values: Mapping[str, Any]) -> P:
        """The policy from plain values. Raises pydantic.ValidationError naming what is wrong."""
        return self.model.model_validate(dict(values))


TIERS: Final = Kind("tiers", "层级与资产段", TierPolicy)
PERSONAS: Final = Kind("personas", "客群规则", PersonaPolicy)
REMINDERS: Final = Kind("reminders", "提醒", ReminderPolicy)
OUTREACH: Final = Kind("outreach", "触达时间与次数", OutreachPolicy)
SUITABILITY: Final = Kind("suitability", "适当性", SuitabilityPolicy)
DISCLOSURES: Final = Kind("disclosures", "必备提示", DisclosurePolicy)

KINDS: Final[tuple[Kind[Any], ...]] = (
    TIERS,
    PERSONAS,
    REMINDERS,
    OUTREACH,
    SUITABILITY,
    DISCLOSURES,
)
