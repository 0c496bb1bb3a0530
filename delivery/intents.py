"""What a package may ask to have said, as values, and what became of the asking."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

from compliance.facts import Channel, Purpose
from crm_sync.facts import CustomerFact, Reach


class ProductInWords(Struct, frozen=True):
    """The product that a text speaks of, as the gate must know it."""

    kind: str
    code: str | None = None
    risk: int | None = None
    private: bool = False
    on_sale: bool = True


class Intent(Struct, frozen=True):
    """One thing to be said to one customer, or one reason for their manager to act.

    ``key`` makes it one thing however often it is planned. ``script_version_id`` None means a
    care to-do without words. ``fields`` fill the script; ``title`` is for lists and holds no
    personal data; ``why`` and ``detail`` may, and are sealed. Lower ``priority`` goes first.
    ``goes_at`` is when it would reach the customer, where that is later than the judging.
    ``way`` is the chosen channel (``delivery.channel_choice``), ``way_refused`` what spoke
    against the others; the door fills both. ``act``: what the customer is to do, where it is one.
    ``greeting``: what the sender puts before the words, checked by ``content_library.greeting``.
    """

    key: str
    trigger: str
    channel: Channel
    purpose: Purpose
    customer: CustomerFact
    reach: Reach | None
    script_version_id: int | None
    fields: Mapping[str, object]
    title: str
    why: str
    due_on: date
    expires_at: datetime
    priority: int = 50
    product: ProductInWords | None = None
    detail: Mapping[str, str] = {}
    channel_reason: str = ""
    way: str = ""
    way_refused: str = ""
    act: str = ""
    solicited: bool = False
    campaign: str = ""
    goes_at: datetime | None = None
    greeting: str = ""


class Outcome(StrEnum):
    """What the door did with an intent."""

    QUEUED = "queued"  # it will be done
    REPEATED = "repeated"  # it was submitted before
    BLOCKED = "blocked"  # the gate objects
    OVER_QUOTA = "over_quota"  # a cap of this customer is used up
    OUTRANKED = "outranked"  # something more urgent is said to this customer today
    HALTED = "halted"  # its campaign was stopped
    UNREACHABLE = "unreachable"  # the customer has no live WeCom relation with the owner
    UNCOVERED = "uncovered"  # nobody answers for the customer
    NO_WORDS = "no_words"  # no approved script, or a fact the script needs is missing


class Submission(Struct, frozen=True):
    """An intent's outcome with every reason against it.

    ``again``: the same was decided before, so nothing was written for it now.
    """

    key: str
    outcome: Outcome
    objections: tuple[str, ...] = ()
    detail: str = ""
    way: str = ""
    again: bool = False
