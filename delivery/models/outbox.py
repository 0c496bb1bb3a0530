"""What we promised to do at WeCom, and the unique rows that keep us from doing it twice."""

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from kit.db import stored

QUEUED = text("state = 'queued'")


class OutboxState(StrEnum):
    """Where a call to WeCom is."""

    QUEUED = "queued"  # -> sending, claimed by one dispatcher
    SENDING = "sending"  # -> sent | queued | failed | expired | unknown, by whoever claimed it
    SENT = "sent"  # WeCom took it
    FAILED = "failed"  # WeCom refused it for good; a person is told
    EXPIRED = "expired"  # its time passed before it could go; never sent late
    UNKNOWN = "unknown"  # no trustworthy answer: looked up, never resent -> sent | failed
    CANCELLED = "cancelled"  # withdrawn before it went


class IntentKey(SQLModel, table=True):
    """The key of everything that was ever submitted; kept longer than any possible repeat."""

    __tablename__: ClassVar[str] = "intent_key"
    key: str = Field(primary_key=True, max_length=160)
    at: datetime
    outcome: str = Field(default="queued", max_length=16)  # queued | blocked | over_quota
    reasons: str = Field(default="", max_length=400)  # the objections, so a re-plan can compare


class Outbox(SQLModel, table=True):
    """One call to make. ``payload`` is sealed as ``outbox.payload`` bound to ``id``."""

    __tablename__: ClassVar[str] = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_due",
            "priority",
            "due_at",
            "id",
            postgresql_where=QUEUED,
            sqlite_where=QUEUED,
        ),
        Index(
            "ix_outbox_unit",
            "unit_id",
            "priority",
            "due_at",
            "id",
            postgresql_where=QUEUED,
            sqlite_where=QUEUED,
        ),
        Index("ix_outbox_state", "state", "id"),
        Index("ix_outbox_key", "key"),
        {"postgresql_partition_by": "RANGE (queued_at)"},
    )
    id: int = Field(primary_key=True, sa_type=BigInteger)
    queued_at: datetime = Field(primary_key=True)
    key: str = Field(max_length=160)
    kind: str = Field(max_length=24)  # welcome | broadcast | staff_card
    unit_id: str = Field(default="hq", max_length=32)
    userid: str = Field(default="", max_length=64)
    payload: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    priority: int = 5
    state: OutboxState = Field(default=OutboxState.QUEUED, sa_type=stored(OutboxState))
    due_at: datetime
    expires_at: datetime
    attempts: int = 0
    claimed_at: datetime | None = None
    claimed_by: str = Field(default="", max_length=64)
    leased_until: datetime | None = None
    reference: str = Field(default="", max_length=128)  # WeCom's msgid
    cause: str = Field(default="", max_length=400)
    channel_reason: str = Field(default="", max_length=400)  # of a welcome or a card
    settled_at: datetime | None = None


class QuotaSlot(SQLModel, table=True):
    """The n-th use of a customer's quota in a window: taken once, so caps cannot be exceeded."""

    __tablename__: ClassVar[str] = "quota_slot"
    customer_id: int = Field(primary_key=True, sa_type=BigInteger)
    family: str = Field(
        primary_key=True, max_length=16
    )  # a purpose | total | broadcast | group.* | cmp.*
    window: str = Field(primary_key=True, max_length=8)  # day | week | month | campaign
    starts_on: date = Field(primary_key=True)
    slot: int = Field(primary_key=True)
    key: str = Field(max_length=160, index=True)
