"""What tags made in WeCom's console mean here: a persona, or nothing (policies/tags.toml).

The console's tags are read and mapped, never edited: an app may change only its own.
"""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files
from config.conditions import Ask
from config.persona_policy import GROUNDS, Ground, PersonaPolicy


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MappedTag(_Part):
    """A tag by its name, in whatever group; an empty ``persona`` means nothing on purpose."""

    name: str = Field(min_length=1, max_length=30)
    persona: str = Field(default="", max_length=20)


class TagPolicy(_Part):
    """Every tag that somebody has decided about."""

    tag: tuple[MappedTag, ...] = ()

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len({one.name for one in self.tag}) != len(self.tag):
            raise ValueError("同一个标签只能对应一次")
        return self

    def of(self, name: str) -> MappedTag | None:
        """What was decided about a tag; None where nothing was."""
        return next((one for one in self.tag if one.name == name), None)

    def with_tag(self, name: str, persona: str | None) -> "TagPolicy":
        """The same with another decision about one tag; None takes the decision back."""
        kept = [one for one in self.tag if one.name != name]
        if persona is not None:
            kept.append(MappedTag(name=name, persona=persona))
        return TagPolicy(tag=tuple(sorted(kept, key=lambda one: one.name)))


def with_mapped(personas: PersonaPolicy, tags: TagPolicy) -> PersonaPolicy:
    """The persona rules, each with the tags mapped to it as one more ground, given by hand.

    Left out: tags that no tag may be, and personas that are no longer there.
    """
    names: dict[str, list[str]] = {}
    for one in tags.tag:
        if personas.named(one.persona) and personas.forbidden_family(one.name) is None:
            names.setdefault(one.persona, []).append(one.name)
    if not names or len(personas.grounds) + len(names) > GROUNDS:
        return personas
    mapped = tuple(
        one.model_copy(
            update={"when": (*one.when, Ground(source="hand", rule=_any(names[one.name])))}
        )
        if one.name in names
        else one
        for one in personas.persona
    )
    values = {name: getattr(personas, name) for name in PersonaPolicy.model_fields}
    return PersonaPolicy(**(values | {"persona": mapped}))


def _any(names: list[str]) -> Ask:
    return Ask("tag", "any", tuple(names))


def as_toml(policy: TagPolicy, head: str) -> str:
    """The policy as text for a proposal; ``head``: the remarks that stand above it."""
    blocks = [
        f"[[tag]]\nname = {_quoted(one.name)}\npersona = {_quoted(one.persona)}\n"
        for one in policy.tag
    ]
    return "\n".join([head.rstrip() + "\n", *blocks])


def _quoted(text: str) -> str:
    """A basic string of TOML: whatever a tag may be called."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return (
        '"'
        + "".join(f"\\u{ord(c):04x}" if ord(c) < 32 or ord(c) == 127 else c for c in plain)
        + '"'
    )


def head_of(text: str) -> str:
    """The remarks above the first entry of a policy's text."""
    lines = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            break
        lines.append(line)
    return "\n".join(lines).rstrip()


def load(directory: Path | None = None) -> TagPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return TagPolicy.model_validate(policy_files.read("tags", directory))
