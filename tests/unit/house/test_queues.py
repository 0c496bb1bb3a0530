"""No queue is forgotten: wherever something waits for a customer, an opt-out takes it away."""

from typing import Final

from sqlmodel import SQLModel

import app  # noqa: F401 — so that every table is known
from delivery.phrasing import routes
from delivery.queues import CALLS, NO_QUEUE, QUEUES
from tests.unit.house.tables import package_of

PLAN_OF_NOBODY: Final = {"plan_run"}
"""Counts of a planning run; it names no customer."""


def test_every_table_of_delivery_is_a_queue_or_says_why_it_is_none() -> None:
    here = {name for name in SQLModel.metadata.tables if package_of(name) == "delivery"}
    known = {queue.table for queue in QUEUES} | set(NO_QUEUE) | PLAN_OF_NOBODY
    assert len(here) > 8
    assert here <= known, (
        f"an opt-out would not empty {sorted(here - known)}: "
        "enter it in delivery/queues.py, as a queue or with the reason why it is none"
    )
    assert known <= here, f"delivery/queues.py names tables that are not there: {known - here}"


def test_nothing_beyond_delivery_keeps_words_for_a_customer() -> None:
    """What waits to be said has a text and a customer; such a table belongs behind the door."""
    person = {"customer_id", "external_userid", "chat_id"}
    found = {
        name
        for name, table in SQLModel.metadata.tables.items()
        if package_of(name) != "delivery"
        and person & set(table.columns.keys())
        and {"text", "payload", "script_version_id"} & set(table.columns.keys())
    }
    assert not found, f"words for a customer wait outside the door: {sorted(found)}"


def test_every_kind_of_call_says_why_it_tells_nothing_to_who_opted_out() -> None:

    assert set(routes(None, None, agent_id=1)) == set(CALLS)  # type: ignore[arg-type]
