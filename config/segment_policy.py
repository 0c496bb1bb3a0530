"""Ready segments: templates a product manager fills in, and packages for special groups of customers."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from config import policy_files
from config.conditions import Condition, ConditionRefused, Rule, parse

_CODE: Final = r"^[a-z0-9][a-z0-9-]{0,39}$"
_FREE: Final = re.compile(r"\$([a-z_]+)")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Parameter(_Part):
    """A place in a template: ``$name`` in its conditions."""

    name: str = Field(pattern=r"^[a-z_]{1,20}$")
    title: str = Field(min_length=1, max_length=40)
    type: Literal["text", "number"]
    default: str | int

    @model_validator(mode="after")
    def _of_its_type(self) -> Self:
        if isinstance(self.default, int) is not (self.type == "number"):
            raise ValueError(f"参数“{self.title}”的默认值与类型不符")
        return self

    def read(self, text: str) -> str | int:
        """The value somebody typed. Raises ConditionRefused."""
        if self.type == "text":
            return text.strip() or str(self.default)
        try:
            return int(text) if text.strip() else self.default
        except ValueError:
            raise ConditionRefused(f"“{self.title}”要是整数", saw=text[:20]) from None


class Template(_Part):
    """Conditions with places to fill in, for each product anew (D14)."""

    code: str = Field(pattern=_CODE)
    title: str = Field(min_length=1, max_length=30)
    about: str = Field(min_length=1, max_length=200)
    parameters: tuple[Parameter, ...] = Field(min_length=1)
    conditions: dict[str, Any]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        named = set(_FREE.findall(str(self.conditions)))
        known = {one.name for one in self.parameters}
        if named != known:
            raise ValueError(
                f"模板“{self.title}”的参数与条件里的 $ 不一致：{sorted(named ^ known)}"
            )
        self.filled({})
        return self

    def filled(self, told: Mapping[str, str]) -> Condition:
        """The conditions with every place filled; what is not told is the default."""
        values = {one.name: one.read(told.get(one.name, "")) for one in self.parameters}
        return parse(_filled(self.conditions, values))


def _filled(raw: Any, values: Mapping[str, str | int]) -> Any:
    if isinstance(raw, Mapping):
        return {key: _filled(value, values) for key, value in raw.items()}
    if isinstance(raw, list):
        return [_filled(value, values) for value in raw]
    if isinstance(raw, str) and raw.startswith("$"):
        return values.get(raw[1:], raw)
    return raw


class Pack(_Part):
    """A special group of customers (特色客群), ready: who they are, what they need, what we do."""

    code: str = Field(pattern=_CODE)
    title: str = Field(min_length=1, max_length=30)
    conditions: Rule
    needs: tuple[str, ...] = Field(min_length=1)
    strategy: tuple[str, ...] = Field(min_length=1)
    channels: tuple[str, ...] = Field(min_length=1)
    cautions: tuple[str, ...] = ()
    risk_ceiling: int | None = Field(default=None, ge=1, le=5)
    source: str = ""


class SegmentPolicy(_Part):
    """Everything that is ready to be installed."""

    template: tuple[Template, ...] = ()
    pack: tuple[Pack, ...] = ()

    @model_validator(mode="after")
    def _once(self) -> Self:
        codes = [*(one.code for one in self.template), *(one.code for one in self.pack)]
        if len(set(codes)) != len(codes):
            raise ValueError("模板和特色客群的编号不能重复")
        return self


def load(directory: Path | None = None) -> SegmentPolicy:
    """The policy in force. A file that says something unknown is refused by pydantic."""
    return SegmentPolicy.model_validate(policy_files.read("segments", directory))
