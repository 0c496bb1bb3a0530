"""What the gate judges, as values: who, which words, by whom, through which channel, how often."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct


class Purpose(StrEnum):
    """Why a customer would hear from us. Caps count each family apart (rules.md 7)."""

    SERVICE = "service"  # maturity, account, card, repayment: facts about what the customer has
    CARE = "care"  # greetings, fraud warnings, education: no product, no figure
    MARKETING = "marketing"  # anything that would have the customer buy


class Channel(StrEnum):
    """How the words would reach the customer, or the manager who is to speak."""

    TODO = "todo"  # a to-do of the manager with a ready text; nothing leaves before the sidebar
    BROADCAST = "broadcast"  # 群发: one identical text for many customers of one manager
    WELCOME = "welcome"  # within 20 s of being added
    MOMENT = "moment"  # 朋友圈
    GROUP = "group"  # a post into a customer group
    SMS = "sms"  # a text message over the bank's gateway, to one customer
    PHONE = "phone"  # a call to one customer that a manager has the bank's exchange connect
    SIDEBAR = "sidebar"  # one-click send into a single chat
    STAFF_NOTE = "staff_note"  # to our own staff; no customer reads it


PUBLIC_CHANNELS = frozenset({Channel.BROADCAST, Channel.MOMENT, Channel.GROUP})
"""Where one text is read by many: nothing personal, nothing private may stand in it."""


class ConsentPurpose(StrEnum):
    """What a customer may agree to, one by one (PIPL 13, 14); nothing covers everything."""

    SERVICE = "service"  # service notices
    CARE = "care"  # greetings and education
    MARKETING = "marketing"  # commercial messages
    PROFILING = "profiling"  # persona tags from behaviour and talk
    ARCHIVE = "archive"  # keeping of chats
    SHARING = "sharing"  # passing data on


class Scope(StrEnum):
    """What a customer no longer wants. It binds every manager and every channel."""

    MARKETING = "marketing"  # opted out: only service may still be sent
    ALL = "all"  # wants silence: only answers to what the customer does
    PERSONALISED = "personalised"  # no content chosen by personal traits (PIPL 24)


class Assessment(Struct, frozen=True):
    """One risk assessment of a customer: whose (``bank`` or ``fund``), C1..C5 as 1..5, when.

    ``until``: the end that the document states; ``lowest``: 风险承受能力最低类别; ``who``: the
    fund company's name.
    """

    by: str
    level: int
    on: date | None
    until: date | None = None
    lowest: bool = False
    who: str = ""


class Recipient(Struct, frozen=True):
    """A customer as the gate sees one. ``customer_id`` None: a contact bound to nobody yet.

    ``age`` in full years, ``risk_level`` C1..C5 as 1..5 by the bank's own assessment,
    ``fund_assessment`` that of a fund company, ``professional_until`` the last day on which the
    customer counts as a professional investor, ``consents`` the purposes given,
    ``refusals`` those that the customer said no to, ``suppressed`` the scopes of ``Scope``, ``last_care_on`` the last day a care touch arrived.
    """

    customer_id: int | None
    age: int | None = None
    risk_level: int | None = None
    risk_assessed_on: date | None = None
    tier: str = ""
    personas: frozenset[str] = frozenset()
    consents: frozenset[str] = frozenset()
    refusals: frozenset[str] = frozenset()
    suppressed: frozenset[str] = frozenset()
    complaint_open: bool = False
    last_care_on: date | None = None
    fund_assessment: Assessment | None = None
    professional_until: date | None = None


class Words(Struct, frozen=True):
    """The rendered words and what was approved about them.

    ``template_hash`` is computed from the stored version now, ``approved_hash`` is what the
    approver signed. ``pieces`` are the text in order as (field, value), field "" for the
    script's own words: with them a batch screens each value once instead of each text.
    ``accepted_rules`` are the review-level rules the approver saw and accepted.
    ``product_listed``: the on-sale list has the product for this channel and unit now;
    ``product_gone``: the words name a product that is not, or no longer, in the library.
    ``greeting``: what the sender wrote before them, which is read by itself as well.
    """

    script_code: str
    version: int
    text: str
    template_hash: str
    approved_hash: str | None
    state: str
    purpose: Purpose
    valid_from: date | None = None
    valid_until: date | None = None
    product_kind: str | None = None
    product_code: str | None = None
    product_risk: int | None = None
    product_private: bool = False
    product_on_sale: bool = True
    product_listed: bool = True
    product_gone: bool = False
    tiers: frozenset[str] = frozenset()
    personas: frozenset[str] = frozenset()
    allow_list: frozenset[int] | None = None
    licence: str | None = None
    has_personal_fields: bool = False
    pieces: tuple[tuple[str, str], ...] = ()
    accepted_rules: frozenset[str] = frozenset()
    greeting: str = ""


class Sender(Struct, frozen=True):
    """The member in whose name the words go, with the licences that are valid now."""

    staff_id: str
    active: bool
    licences: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Counts:
    """How often the recipient heard from us already, of this purpose's family only.

    ``campaign`` counts this campaign, ``group_today`` the posts into this group today.
    """

    today: int = 0
    week: int = 0
    month: int = 0
    campaign: int = 0
    group_today: int = 0


class Draft(Struct, frozen=True):
    """One thing that would be said: to one recipient, or to every member of a group.

    ``solicited``: the customer has just asked or acted; hours and consent then do not bind.
    ``counts`` None leaves the caps to whoever reserves them.
    """

    key: str
    channel: Channel
    recipients: tuple[Recipient, ...]
    words: Words
    sender: Sender | None = None
    solicited: bool = False
    counts: Counts | None = None


class Standing(Struct, frozen=True):
    """What the compliance tables know of a customer, for filling a ``Recipient``."""

    consents: frozenset[str] = frozenset()
    refusals: frozenset[str] = frozenset()
    suppressed: frozenset[str] = frozenset()
    complaint_open: bool = False


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """One decision of a customer about one purpose. ``notice`` is the version of the text shown."""

    customer_id: int
    purpose: str
    given: bool
    source: str
    at: datetime
    notice: str = ""


class DecisionRow(Struct, frozen=True):
    """A judgement as it is recorded. ``script`` is ``code/version``, objections are codes."""

    key: str
    customer_id: int | None
    channel: str
    purpose: str
    script: str
    verdict: str
    objections: tuple[str, ...]
    text_hash: str
    rulebook: str
    details: Mapping[str, str] = {}
