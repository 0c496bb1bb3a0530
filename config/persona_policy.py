"""Who belongs to a persona (客群), as values a business owner may change (policies/personas.toml)."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files

Source = Literal["crm", "self", "hand", "group", "behavior", "chat"]
HoldingKind = Literal["deposit", "wealth", "fund", "insurance", "metal", "loan", "card"]
SOURCES: tuple[Source, ...] = ("crm", "self", "hand", "group", "behavior", "chat")
"""Strongest first: what the bank knows, what the customer says, then the rest (personas.md 2)."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceRule(_Part):
    """How much a source is worth, how fast that fades, and how often it must speak."""

    enabled: bool = True
    confidence: int = Field(ge=1, le=100)
    half_life_days: int | None = Field(default=None, ge=1)
    min_signals: int = Field(default=1, ge=1)
    min_days: int = Field(default=1, ge=1)
    needs_consent: bool = False


class Attribute(_Part):
    """A column of the customer file: one of ``any`` is among its values (split at ; 、 ，)."""

    key: str = Field(min_length=1, max_length=40)
    any: tuple[str, ...] = Field(min_length=1)


class Holds(_Part):
    """Something the customer has with the bank."""

    kinds: tuple[HoldingKind, ...] = Field(min_length=1)
    risk_min: int | None = Field(default=None, ge=1, le=5)


class Condition(_Part):
    """All that is named must hold. ``source`` says what the evidence counts as."""

    source: Source = "crm"
    age_min: int | None = Field(default=None, ge=0, le=120)
    age_max: int | None = Field(default=None, ge=0, le=120)
    born_from: int | None = Field(default=None, ge=1900, le=2100)
    born_to: int | None = Field(default=None, ge=1900, le=2100)
    gender: Literal["F", "M"] | None = None
    attribute: Attribute | None = None
    holds: Holds | None = None
    tags: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        told = self.model_dump(exclude={"source"}, exclude_defaults=True)
        if not told:
            raise ValueError("一条条件至少要写一项（年龄、出生年、性别、属性、持有、标签或兴趣）")
        if self.interests and len(told) > 1:
            raise ValueError("interests 要单独成一条条件：它的来源由线索自己带来")
        for low, high in ((self.age_min, self.age_max), (self.born_from, self.born_to)):
            if low is not None and high is not None and low > high:
                raise ValueError(f"范围写反了：{low} 大于 {high}")
        return self


class Persona(_Part):
    """A persona: any of ``when``, none of ``unless``. ``tag`` is its name in WeCom."""

    name: str = Field(min_length=1, max_length=20)
    title: str = Field(min_length=1, max_length=40)
    priority: int = Field(ge=0, le=100)
    risk_ceiling: int | None = Field(default=None, ge=1, le=5)
    tag: str = Field(default="", max_length=30)
    source: str = ""
    when: tuple[Condition, ...] = Field(min_length=1)
    unless: tuple[Condition, ...] = ()

    @property
    def tag_name(self) -> str:
        """What the tag is called in WeCom."""
        return self.tag or self.name


class Forbidden(_Part):
    """What no tag may say, by family, as words that betray it."""

    family: str
    words: tuple[str, ...] = Field(min_length=1)


class PersonaPolicy(_Part):
    """All personas, what sources are worth, what may never be a tag."""

    version: str = Field(min_length=1, max_length=20)
    max_active: int = Field(ge=1, le=10)
    min_confidence: int = Field(ge=1, le=100)
    refusal_days: int = Field(ge=0, le=3_650)
    hand_days: int = Field(ge=1, le=3_650)
    tag_group: str = Field(min_length=1, max_length=30)
    sources: dict[Source, SourceRule]
    labels: dict[str, str] = Field(default_factory=dict)
    forbidden: tuple[Forbidden, ...] = ()
    persona: tuple[Persona, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [one.name for one in self.persona]
        tags = [one.tag_name for one in self.persona]
        if len(set(names)) != len(names) or len(set(tags)) != len(tags):
            raise ValueError("客群名称和标签名不能重复")
        missing = [source for source in SOURCES if source not in self.sources]
        if missing:
            raise ValueError("sources 缺少：" + "、".join(missing))
        for text in (*names, *tags):
            family = self.forbidden_family(text)
            if family is not None:
                raise ValueError(f"客群“{text}”属于禁止打标的“{family}”")
        return self

    def forbidden_family(self, text: str) -> str | None:
        """The family of things no tag may say that ``text`` belongs to, or None."""
        for one in self.forbidden:
            if any(word in text for word in one.words):
                return one.family
        return None

    def named(self, name: str) -> Persona | None:
        """The persona of that name, or None."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, Persona]:
        return {one.name: one for one in self.persona}

    @cached_property
    def rule_version(self) -> str:
        """Version and a digest of every word, so that a membership names the rule it came by."""
        digest = hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]
        return f"{self.version}+{digest}"


def load(directory: Path | None = None) -> PersonaPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return PersonaPolicy.model_validate(policy_files.read("personas", directory))
