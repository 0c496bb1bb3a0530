"""Reading a request: types without coercion, WeCom's codes for what is wrong.

In strict mode a field that the documentation does not name is refused too: that is a check of our
own on the product, the live API ignores such a field.
"""

from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from simulator.wecom.errors import Refused

BAD_PARAMETER = 40058
LENGTH_ERRORS = frozenset({"string_too_long", "too_long", "greater_than_equal", "less_than_equal"})


class Ask(BaseModel):
    """A JSON request. ``missing``, ``wrong`` and ``over`` name the errcode per field."""

    model_config = ConfigDict(extra="allow", strict=True)
    missing: ClassVar[dict[str, int]] = {}
    wrong: ClassVar[dict[str, int]] = {}
    over: ClassVar[dict[str, int]] = {}


class QueryAsk(Ask):
    """A query string: numbers arrive as text."""

    model_config = ConfigDict(extra="allow", strict=False)


class Nothing(Ask):
    """A request without fields."""


A = TypeVar("A", bound=Ask)


def read(model: type[A], body: dict[str, Any], *, strict: bool) -> A:
    """``body`` as ``model``. Raises Refused with the field's errcode, 40058 where none is named."""
    try:
        asked = model.model_validate(body)
    except ValidationError as error:
        raise _refused(model, error) from None
    if strict:
        unknown = sorted(unknown_fields(asked))
        if unknown:
            raise Refused(BAD_PARAMETER, f"unknown field: {', '.join(unknown)}")
    return asked


def _refused(model: type[Ask], error: ValidationError) -> Refused:
    first = error.errors(include_url=False, include_context=False)[0]
    names = [str(part) for part in first["loc"]]
    path = ".".join(names)
    head = names[0] if names else ""
    if first["type"] == "missing":
        code = model.missing.get(path, BAD_PARAMETER)
        return Refused(code, f"missing parameter: {path}")
    if first["type"] in LENGTH_ERRORS:
        code = model.over.get(head, model.wrong.get(head, BAD_PARAMETER))
        return Refused(code, f"parameter over the limit: {path}")
    return Refused(model.wrong.get(head, BAD_PARAMETER), f"invalid parameter: {path}")


def unknown_fields(asked: BaseModel, prefix: str = "") -> set[str]:
    """Dotted names of fields that the model does not know, at any depth."""
    found = {prefix + name for name in asked.model_extra or {}}
    for name in type(asked).model_fields:
        value = getattr(asked, name)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, BaseModel):
                found |= unknown_fields(part, f"{prefix}{name}.")
    return found


def within_bytes(text: str, cap: int, code: int, name: str) -> None:
    """Refuse ``text`` when its UTF-8 form is longer than ``cap`` bytes."""
    if len(text.encode()) > cap:
        raise Refused(code, f"{name} too long")
