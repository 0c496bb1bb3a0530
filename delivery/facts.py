"""What others may know of: where a to-do is, kinds of calls to WeCom and what goes first."""

from enum import StrEnum
from typing import Final


class TodoState(StrEnum):
    """Where a to-do is. Evidence closes it, a click does not."""

    OPEN = "open"  # -> handed, when a ticket is given out | noted, by an outcome | expired
    HANDED = "handed"  # the text was handed to the phone -> claimed | open, when it failed
    CLAIMED = "claimed"  # the phone says it was sent -> confirmed, by the archive
    CONFIRMED = "confirmed"  # the archive shows the same text in the chat
    NOTED = "noted"  # the manager said what came of it -> done, when something else proves it
    DONE = "done"  # proved without a message from here: a talk, another record, a new holding
    EXPIRED = "expired"  # nobody did it in time
    CANCELLED = "cancelled"  # withdrawn: opted out, recalled content, superseded


class CallState(StrEnum):
    """Where a telephone call is that a manager asked the bank's exchange for."""

    ASKED = "asked"  # tapped, written down, about to be asked for
    UNSURE = "unsure"  # no trustworthy answer: looked up by its key, never dialled again
    RINGING = "ringing"  # the exchange took it
    TALKING = "talking"  # the customer answered
    TALKED = "talked"  # over; the to-do is done
    UNANSWERED = "unanswered"  # nobody answered
    REFUSED = "refused"  # the exchange said no, with its reason
    LAPSED = "lapsed"  # it certainly did not ring within its minute
    STOPPED = "stopped"  # the gate, or the customer's no, came before it
    UNTOLD = "untold"  # the exchange took it and never said how it ended


GOING: Final = (CallState.ASKED, CallState.UNSURE, CallState.RINGING, CallState.TALKING)
"""While a call is one of these, no other is made for its to-do."""

WELCOME: Final = "welcome"
BROADCAST: Final = "broadcast"
STAFF_CARD: Final = "staff_card"
MOMENT: Final = "moment"
"""Kinds of calls to WeCom."""

AT_ONCE: Final = 0
"""The priority of a welcome: its twenty seconds wait for nobody."""
_PRIORITIES: Final = {"service": 4, "care": 6}


def priority_of(purpose: str) -> int:
    """Where a call to WeCom with words of ``purpose`` stands in the outbox; lower goes first."""
    return _PRIORITIES.get(purpose, 7)
