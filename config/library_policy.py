"""How materials are kept alive in WeCom, and what a sender may change (policies/library.toml)."""

from collections.abc import Collection
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Media(_Part):
    """When a material is uploaded anew, when its id is no longer used, how much at once."""

    renew_before_hours: int = Field(ge=1, le=48)
    margin_minutes: int = Field(ge=1, le=120)
    at_once: int = Field(ge=1, le=5_000)
    failures_to_tell: int = Field(ge=1, le=20)


Purpose = Literal["service", "care", "marketing"]


class ReadyGreeting(_Part):
    """A greeting to choose on the phone; nothing written of tiers or personas: for everybody."""

    text: str = Field(min_length=2, max_length=100)
    personas: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()

    def fits(self, *, tier: str, personas: Collection[str]) -> bool:
        """Whether it is for a customer of this tier and of these personas."""
        return (not self.tiers or tier in self.tiers) and (
            not self.personas or not self.personas.isdisjoint(personas)
        )


class Greeting(_Part):
    """The words a sender may put before an approved text; the rest is locked.

    ``ready``: greetings to choose from; whatever is chosen is judged as if it were typed.
    """

    longest: int = Field(ge=0, le=100)
    purposes: frozenset[Purpose] = frozenset()
    ready: tuple[ReadyGreeting, ...] = Field(default=(), max_length=40)

    @model_validator(mode="after")
    def _short_enough(self) -> Self:
        long = [one.text for one in self.ready if len(one.text) > self.longest > 0]
        if long:
            raise ValueError(f"现成的问候“{long[0][:20]}”超过 {self.longest} 个字")
        return self

    def choices(self, *, tier: str, personas: Collection[str]) -> tuple[str, ...]:
        """The ready greetings for such a customer, those for fewer people first."""
        fitting = [one for one in self.ready if one.fits(tier=tier, personas=personas)]
        return tuple(
            one.text for one in sorted(fitting, key=lambda one: not (one.tiers or one.personas))
        )


class LibraryPolicy(_Part):
    """What the bank decides about its content library."""

    media: Media
    greeting: Greeting


def load(directory: Path | None = None) -> LibraryPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return LibraryPolicy.model_validate(policy_files.read("library", directory))
