"""What others may know about customers, staff, units and their WeCom relations: frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from msgspec import Struct

from crm_sync.rules.licences import in_force


class FundRating(Struct, frozen=True):
    """A fund company's risk assessment of a customer: C1..C5 as 1..5; ``until`` as it states."""

    level: int
    assessed_on: date | None
    until: date | None
    lowest: bool
    by: str


class CustomerFact(Struct, frozen=True):
    """A customer as rules and pages see one. Money in 分; ``personas`` start with the primary.

    ``risk_level`` is the bank's own assessment, ``fund_rating`` a fund company's.
    """

    customer_id: int
    customer_no: str
    name: str | None
    gender: str  # F | M | empty
    born_on: date | None
    unit_id: str
    risk_level: int | None  # C1..C5 as 1..5
    risk_assessed_on: date | None
    tier: str
    aum_fen: int | None
    personas: tuple[str, ...]
    owner_staff_id: str | None
    has_phone: bool = False
    fund_rating: FundRating | None = None
    professional_until: date | None = None


class Reach(Struct, frozen=True):
    """The owner's live WeCom relation with a customer: the way on which a word can go."""

    customer_id: int
    staff_id: str
    userid: str
    external_userid: str


@dataclass(frozen=True, slots=True)
class StaffFact:
    """A staff member; ``userid`` is the WeCom identity, lower-cased, where there is one.

    ``licences`` are what the staff file claims; ``licence_ends`` the last good day of those with
    certificates on record.
    """

    staff_id: str
    userid: str | None
    name: str
    unit_id: str
    active: bool
    licences: tuple[str, ...]
    roles: tuple[str, ...]
    licence_ends: Mapping[str, date] = field(default_factory=dict, hash=False)

    def licences_on(self, today: date) -> frozenset[str]:
        """The claimed licences that hold on a day."""
        return in_force(self.licences, self.licence_ends, today)


@dataclass(frozen=True, slots=True)
class UnitFact:
    """A branch or outlet; ``path`` (``/hq/01/0101/``) is a prefix of all paths below it."""

    unit_id: str
    name: str
    path: str
    kind: str  # hq | branch | subbranch | outlet
    parent_id: str | None


class Due(Struct, frozen=True):
    """A holding on which something falls due, with its customer and the way to reach them."""

    holding_id: int
    holding_no: str
    kind: str
    product_code: str | None
    product_name: str
    amount_fen: int | None
    opened_on: date | None
    matures_on: date | None
    due_day: int | None
    instalment_fen: int | None
    holding_risk: int | None
    customer: CustomerFact
    reach: Reach | None


class Turn(Struct, frozen=True):
    """A turn in a customer's dealings or life: an opening, an event, a tier near, money leaving.

    ``ref`` makes it one turn however often it is selected; ``note`` is the bank's own word for
    it; ``amount_fen`` what it is about. ``moves`` are the transfers of an outflow by day, in 分.
    """

    customer: CustomerFact
    reach: Reach | None
    ref: str
    on: date
    amount_fen: int | None = None
    note: str = ""
    moves: tuple[tuple[date, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """A role held over a unit and everything below it."""

    role: str
    path: str


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking, and over what. ``role`` is the widest of ``roles`` (see ``access.ROLES``).

    ``unit_paths`` are the paths of ``role``; ``scopes`` lists every role with its path.
    ``whole_bank``: one of the scopes holds every unit there is. ``opens`` and ``sends``: the
    kinds of coverage by which policy lets a person open a customer, and send to one.
    """

    staff_id: str
    role: str  # rm | branch | ops | compliance | it
    unit_paths: tuple[str, ...]
    roles: tuple[str, ...]
    scopes: tuple[Scope, ...] = ()
    userid: str | None = None
    unit_id: str = ""
    whole_bank: bool = False
    opens: tuple[str, ...] = ("owner", "persona", "corporate")
    sends: tuple[str, ...] = ("owner",)


@dataclass(frozen=True, slots=True)
class ContactFact:
    """A WeCom contact as a page shows one; ``remark`` is that of the member who asks."""

    external_userid: str
    name: str | None
    kind: int
    customer_id: int | None
    archive_agreed: bool | None
    first_seen_at: datetime
    userid: str | None = None
    remark: str | None = None
    added_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Placing:
    """A customer as an allocator sees one; assets in 分. ``holder_serves``: the one who answers
    for them by this kind of relation works here."""

    customer_id: int
    unit_id: str
    aum_fen: int | None
    average_fen: int | None
    holder: str | None
    holder_serves: bool
    persona: str


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who may receive customers, and how many they own now."""

    staff_id: str
    name: str
    unit_id: str
    position: str
    personas: tuple[str, ...]
    licences: tuple[str, ...]
    load: int


@dataclass(frozen=True, slots=True)
class Manager:
    """One who answers for a customer, by which kind of relation, since when and by whose word."""

    kind: str
    staff_id: str
    since: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Past:
    """One who answered for a customer before, until when and why it ended."""

    kind: str
    staff_id: str
    since: datetime
    ended_at: datetime
    reason: str
