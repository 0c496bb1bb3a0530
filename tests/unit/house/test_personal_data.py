"""No table about a person is forgotten: each is handed out and erased, kept by law, or exempt."""

from collections import Counter

import pytest
from sqlalchemy import LargeBinary
from sqlmodel import SQLModel

import app  # noqa: F401 — so that every table is known
from config import retention_policy
from insights.personal.registry import BY_TABLE, REGISTRY
from kit.personal_data import Fate, Holds, naming_columns

TABLES = SQLModel.metadata.tables
ABOUT_PEOPLE = sorted(name for name, table in TABLES.items() if naming_columns(table))


def test_there_is_something_to_look_at() -> None:
    assert len(ABOUT_PEOPLE) > 25


@pytest.mark.mission("C6")
@pytest.mark.parametrize("name", ABOUT_PEOPLE)
def test_every_table_that_names_a_person_is_registered(name: str) -> None:
    assert name in BY_TABLE, (
        f"{name} names a person ({'、'.join(naming_columns(TABLES[name]))}): add one line to your "
        f'package\'s personal.py, e.g. Holds("{name}", "中文名称", Fate.ERASE) — or KEEP with a key '
        "of config/policies/retention.toml, or EXEMPT with the reason (docs/consent.md)"
    )


def test_every_registered_table_is_there_and_registered_once() -> None:
    assert not set(BY_TABLE) - set(TABLES)
    twice = [name for name, number in Counter(one.table for one in REGISTRY).items() if number > 1]
    assert not twice


@pytest.mark.parametrize("holds", REGISTRY, ids=lambda one: one.table)
def test_what_is_registered_is_whole(holds: Holds) -> None:
    table = TABLES[holds.table]
    assert holds.title
    if holds.fate is Fate.KEEP or (holds.fate is Fate.BLANK and holds.because):
        assert retention_policy.load().of(holds.because), f"no such rule: {holds.because}"
    if holds.fate is Fate.EXEMPT:
        assert len(holds.because) > 5, "say why"
    if holds.fate is Fate.BLANK:
        decided = set(holds.blank) | holds.stays
        assert set(table.columns.keys()) == decided, (
            f"{holds.table}: decide for each column whether an erasure empties it: "
            f"{sorted(set(table.columns.keys()) ^ decided)}"
        )
    if holds.collect is None and holds.fate is not Fate.EXEMPT:
        sealed = {c.name for c in table.columns if isinstance(c.type, LargeBinary)}
        assert sealed == set(holds.sealed), f"{holds.table}: say what {sealed} are bound to"
    for bound in holds.sealed.values():
        assert bound.format(**dict.fromkeys(table.columns.keys(), "x"))
