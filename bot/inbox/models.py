"""The inbox: one row an event, kept before WeCom is answered."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from kit.db import stored


class InboxState(StrEnum):
    """Where an event is."""

    NEW = "new"  # kept -> handled | unhandled | dead, by the worker that leased it
    HANDLED = "handled"  # its effects are committed
    UNHANDLED = "unhandled"  # we have no handler for its kind; kept, never lost
    DEAD = "dead"  # failed five times; waits for a person (gengyun inbox replay)


WAITING = text("state = 'new'")


class Inbox(SQLModel, table=True):
    """An event as it was decrypted. ``body`` is sealed as ``inbox.body`` bound to ``digest``."""

    __tablename__: ClassVar[str] = "inbox"
    __table_args__ = (
        Index("ix_inbox_due", "due_at", "id", postgresql_where=WAITING, sqlite_where=WAITING),
        Index(
            "ix_inbox_order", "ordering_key", "id", postgresql_where=WAITING, sqlite_where=WAITING
        ),
        Index("ix_inbox_state", "state", "id"),
        {"postgresql_partition_by": "RANGE (kept_at)"},
    )
    id: int = Field(primary_key=True, sa_type=BigInteger)
    kept_at: datetime = Field(primary_key=True)
    digest: str = Field(max_length=64)
    kind: str = Field(default="", max_length=64)
    ordering_key: str = Field(default="", max_length=120)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    happened_at: datetime | None = None
    state: InboxState = Field(default=InboxState.NEW, sa_type=stored(InboxState))
    attempts: int = 0
    due_at: datetime
    leased_until: datetime | None = None
    worker: str = Field(default="", max_length=64)
    cause: str = Field(default="", max_length=400)
    settled_at: datetime | None = None


class InboxDigest(SQLModel, table=True):
    """The replay guard: the digest of a decrypted body is taken once, ever."""

    __tablename__: ClassVar[str] = "inbox_digest"
    digest: str = Field(primary_key=True, max_length=64)
    inbox_id: int = Field(sa_type=BigInteger)
    kept_at: datetime
