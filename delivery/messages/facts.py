"""A message and what is kept about its way out, as values."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """What one message is. ``objects`` are what its ledger entries are about; ``why`` is opened.

    kind: todo | sidebar | group | broadcast | moment | welcome | staff_card | refused. ``ref`` names it on pages and
    at the command line. ``outcome``: what the door said of its key, ``reasons`` why not, ``winner`` the key
    of what was said instead.
    """

    ref: str
    kind: str
    key: str
    made_at: datetime
    state: str
    trigger: str = ""
    purpose: str = ""
    customer_id: int | None = None
    external_userid: str = ""
    staff_id: str = ""
    unit_id: str = "hq"
    title: str = ""
    why: str = ""
    channel: str = ""
    channel_reason: str = ""
    channel_refused: str = ""
    script_version_id: int | None = None
    script_code: str = ""
    script_version: int = 0
    text_hash: str = ""
    outcome: str = "queued"
    reasons: str = ""
    winner: str = ""
    detail: str = ""
    cause: str = ""
    announced_at: datetime | None = None
    received_at: datetime | None = None
    seen_at: datetime | None = None
    replied_at: datetime | None = None
    deal_on: date | None = None
    reached_at: datetime | None = None
    closed_at: datetime | None = None
    wecom_ids: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    calls: tuple[int, ...] = ()
    call_key: str = ""
    todo_id: int | None = None
    task_id: int | None = None
    campaign: str = ""
    chat_id: str = ""
    approved: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to get it out: a ticket for the phone, or a call to WeCom (or a gateway of the bank)."""

    kind: str  # ticket | broadcast | moment | welcome | sms | phone
    id: int
    state: str
    at: datetime
    by: str
    tries: int = 1
    said: str = ""
    reference: str = ""
    cause: str = ""
    due_at: datetime | None = None
    settled_at: datetime | None = None
    claimed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A use of a customer's quota that a message holds: the n-th (from 0) in its window."""

    family: str
    window: str
    starts_on: date
    number: int
