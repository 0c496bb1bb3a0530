"""Who belongs to a persona (客群), as values a business owner may change (policies/personas.toml)."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files
from config.conditions import Ask, Rule, asks, texts

Source = Literal["crm", "self", "hand", "group", "behavior", "chat"]
SOURCES: tuple[Source, ...] = ("crm", "self", "hand", "group", "behavior", "chat")
"""Strongest first: what the bank knows, what the customer says, then the rest (personas.md 2)."""

GROUNDS: Final = 60
"""How many grounds there may be: an evaluation keeps one bit for each in one whole number."""


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


class Ground(_Part):
    """A reason to belong, in the one rule language. ``source`` says what the evidence counts as.

    A ground that asks for traces of interest stands alone: its source comes with the trace.
    """

    source: Source = "crm"
    rule: Rule

    @property
    def interest(self) -> Ask | None:
        """The question, where the ground asks for traces of interest."""
        return self.rule if isinstance(self.rule, Ask) and self.rule.dim == "interest" else None

    @model_validator(mode="after")
    def _alone(self) -> Self:
        asked = list(asks(self.rule))
        if any(one.dim == "interest" for one in asked) and (
            self.interest is None or self.interest.op != "has"
        ):
            raise ValueError("兴趣线索要单独成一条，写成 has：它的来源由线索自己带来")
        if any(one.dim == "persona" for one in asked):
            raise ValueError("客群的规则里不能再问客群")
        return self


class Persona(_Part):
    """A persona: any of ``when``, none of ``unless``. ``tag`` is its name in WeCom."""

    name: str = Field(min_length=1, max_length=20)
    title: str = Field(min_length=1, max_length=40)
    priority: int = Field(ge=0, le=100)
    risk_ceiling: int | None = Field(default=None, ge=1, le=5)
    tag: str = Field(default="", max_length=30)
    source: str = ""
    when: tuple[Ground, ...] = Field(min_length=1)
    unless: tuple[Ground, ...] = ()

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
        asked = [text for one in self.grounds for text in texts(one.rule)]
        for text in (*names, *tags, *asked):
            family = self.forbidden_family(text)
            if family is not None:
                raise ValueError(f"客群“{text}”属于禁止打标的“{family}”")
        if len(self.grounds) > GROUNDS:
            raise ValueError(f"所有客群的条件加起来最多 {GROUNDS} 条")
        return self

    @property
    def grounds(self) -> tuple[Ground, ...]:
        """Every ground of every persona, for and against."""
        return tuple(one for persona in self.persona for one in (*persona.when, *persona.unless))

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
