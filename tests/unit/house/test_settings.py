"""A setting that nothing reads is a lie: each is read somewhere, or takes one value alone."""

import ast
from collections.abc import Iterator
from typing import get_args

import pytest
from pydantic import BaseModel

from config import settings as module
from config.settings import PREFIX, Settings, load, setting_names
from tests.unit.house.sources import Source, dotted, sources

MODELS: dict[str, type[BaseModel]] = {
    name: kind
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, BaseModel)
}
GIVES_SETTINGS = {"load", "settings"}
"""Functions of ours whose answer is the settings."""


def _kind_of_field(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    kind = model.model_fields[name].annotation if name in model.model_fields else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


class Reading:
    """What one file reads of the settings, following its own names for them."""

    def __init__(self, source: Source) -> None:
        self._tree = source.tree
        self._known: dict[str, type[BaseModel]] = {}
        for _ in range(3):  # a name may be given from another name
            for node in ast.walk(self._tree):
                self._learn(node)

    def _learn(self, node: ast.AST) -> None:
        if isinstance(node, ast.arg) and node.annotation is not None:
            named = dotted(node.annotation).rpartition(".")[2]
            if named in MODELS:
                self._known[node.arg] = MODELS[named]
        elif isinstance(node, ast.AnnAssign):  # a field of a class, or a name with its type
            named = dotted(node.annotation).rpartition(".")[2]
            if named in MODELS:
                self._known |= {f"self.{dotted(node.target)}": MODELS[named]}
                self._known |= {dotted(node.target): MODELS[named]}
        elif isinstance(node, ast.Assign):
            kind = self._kind(node.value)
            if kind is not None:
                self._known |= {dotted(target): kind for target in node.targets}

    def _kind(self, node: ast.AST) -> type[BaseModel] | None:
        """The part of the settings that an expression is, as far as one can see."""
        if isinstance(node, ast.Call):
            named = dotted(node.func).rpartition(".")[2]
            return Settings if named in GIVES_SETTINGS else None
        if isinstance(node, ast.Name | ast.Attribute) and dotted(node) in self._known:
            return self._known[dotted(node)]
        if isinstance(node, ast.Attribute):
            if node.attr in ("settings", "_settings"):
                return Settings
            holder = self._kind(node.value)
            return None if holder is None else _kind_of_field(holder, node.attr)
        return None

    def fields(self) -> Iterator[tuple[type[BaseModel], str]]:
        """Every field that is read, with the class it is of."""
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                holder = self._kind(node.value)
                if holder is not None:
                    yield holder, node.attr


def _names(model: type[BaseModel], field: str, prefix: str = PREFIX) -> Iterator[str]:
    """The environment's names of a field, wherever its class stands in the settings."""

    def walk(at: type[BaseModel], before: str) -> Iterator[str]:
        for name in at.model_fields:
            part = _kind_of_field(at, name)
            if part is not None:
                yield from walk(part, f"{before}{name.upper()}__")
            elif at is model and name == field:
                yield f"{before}{name.upper()}"

    return walk(Settings, prefix)


def _read_names() -> set[str]:
    return {
        name
        for source in sources()
        if source.package != "config"
        for model, field in Reading(source).fields()
        for name in _names(model, field)
    }


def test_every_setting_is_read_outside_the_settings() -> None:
    takes_one_value = {
        f"{PREFIX}{name.upper()}"
        for name, field in Settings.model_fields.items()
        if len(get_args(field.annotation)) == 1
    }
    assert takes_one_value == {"GENGYUN_TIMEZONE"}
    unread = set(setting_names()) - _read_names() - takes_one_value
    assert not unread, f"nothing reads: {sorted(unread)}"


def test_a_field_that_is_only_named_like_a_setting_counts_for_nothing() -> None:
    """The finder follows the settings themselves: ``task.proxy`` would not do for a proxy."""
    reading = Reading.__new__(Reading)
    reading._tree = ast.parse("task.host\nparts.settings.monitor.port\nwhere = x.settings.session\nwhere.idle")  # fmt: skip
    reading._known = {}
    for node in ast.walk(reading._tree):
        reading._learn(node)
    found = {name for model, field in reading.fields() for name in _names(model, field)}
    assert found == {"GENGYUN_MONITOR__PORT", "GENGYUN_SESSION__IDLE"}


def test_a_setting_with_one_value_refuses_every_other() -> None:
    base = {"GENGYUN_ENVIRONMENT": "test"}
    assert load({**base, "GENGYUN_TIMEZONE": "Asia/Shanghai"}).timezone == "Asia/Shanghai"
    with pytest.raises(ValueError, match="timezone"):
        load({**base, "GENGYUN_TIMEZONE": "UTC"})
