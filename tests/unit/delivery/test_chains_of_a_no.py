"""A customer's no takes its turns in the ledger at once, so that no worker stands against it."""

from delivery.departing import Gone
from delivery.opting_out import chains_of
from delivery.queues import Withdrawn


def test_what_is_withdrawn_and_what_is_under_way_take_their_turns_together_and_in_order() -> None:
    withdrawn = [
        Withdrawn(object="todo:1", customer_id=7, unit_id="0102"),
        Withdrawn(object="todo:2", customer_id=7, unit_id="0103"),
    ]
    handed = [
        Gone(9, "limin", "0101", 7, arrived=True),
        Gone(10, "limin", "0103", 7, arrived=False),
    ]
    assert chains_of(withdrawn, handed) == ["send:0101", "send:0102", "send:0103"]


def test_a_no_to_which_nothing_was_waiting_takes_no_turn() -> None:
    assert chains_of([], []) == []
