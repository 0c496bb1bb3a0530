"""Faults on demand: rules that spoil answers, connections, callbacks and archive pages."""

from dataclasses import dataclass, field
from fnmatch import fnmatch
from random import Random
from typing import Literal

from pydantic import BaseModel, ConfigDict

FaultKind = Literal[
    "code",
    "delay",
    "drop",
    "http",
    "html",
    "truncated",
    "empty",
    "drip",
    "token_loss",
    "rate_limit",
    "callback_lose",
    "callback_duplicate",
    "callback_reorder",
    "callback_delay",
    "archive_repeat",
    "archive_hole",
    "archive_wrong_key",
    "archive_garbled",
]


class FaultRule(BaseModel):
    """One rule. ``path`` matches the API path after /cgi-bin/ (or an event name) with * and ?.

    ``when`` says whether the call takes effect before it is spoiled: "before" means no effect,
    "after" means the effect stands and only the answer is lost. ``count`` None never ends.
    "drip" lets the answer come in small pieces over ``delay_s``.
    """

    model_config = ConfigDict(extra="forbid")

    kind: FaultKind
    path: str = "*"
    when: Literal["before", "after"] = "before"
    code: int = -1
    status: int = 502
    delay_s: float = 0.0
    copies: int = 1
    probability: float = 1.0
    count: int | None = None
    skip: int = 0
    seed: int = 0


@dataclass(slots=True)
class _Armed:
    rule: FaultRule
    number: int
    random: Random
    met: int = 0
    done: int = 0
    lifted: bool = False


@dataclass(slots=True)
class FaultBook:
    """The rules in force, each with its own seeded chance."""

    _armed: list[_Armed] = field(default_factory=list)

    def arm(self, rule: FaultRule) -> int:
        """Put a rule in force; returns its number."""
        self._armed.append(_Armed(rule, len(self._armed) + 1, Random(rule.seed)))
        return len(self._armed)

    def lift(self, number: int | None = None) -> int:
        """Take one rule (or all) out of force; returns how many were in force."""
        lifted = 0
        for armed in self._armed:
            if not armed.lifted and number in (None, armed.number):
                armed.lifted = True
                lifted += 1
        return lifted

    def strike(self, name: str, kinds: frozenset[str]) -> list[FaultRule]:
        """The rules of these kinds that hit ``name`` this time; each hit is used up."""
        struck: list[FaultRule] = []
        for armed in self._armed:
            rule = armed.rule
            if armed.lifted or rule.kind not in kinds or not fnmatch(name, rule.path):
                continue
            if rule.count is not None and armed.done >= rule.count:
                continue
            armed.met += 1
            if armed.met <= rule.skip:
                continue
            if rule.probability < 1.0 and armed.random.random() >= rule.probability:
                continue
            armed.done += 1
            struck.append(rule)
        return struck

    def shown(self) -> list[dict[str, object]]:
        """Every rule with how often it was met and how often it struck."""
        return [
            {
                "number": armed.number,
                "rule": armed.rule.model_dump(),
                "met": armed.met,
                "struck": armed.done,
                "lifted": armed.lifted,
            }
            for armed in self._armed
        ]


API_FAULTS: frozenset[str] = frozenset(
    {
        "code",
        "delay",
        "drop",
        "http",
        "html",
        "truncated",
        "empty",
        "drip",
        "token_loss",
        "rate_limit",
    }
)
CALLBACK_FAULTS: frozenset[str] = frozenset(
    {"callback_lose", "callback_duplicate", "callback_reorder", "callback_delay"}
)
ARCHIVE_FAULTS: frozenset[str] = frozenset(
    {"archive_repeat", "archive_hole", "archive_wrong_key", "archive_garbled"}
)
