"""The ledger's tables. Entries are only ever inserted; heads move with them.

On PostgreSQL entries are partitioned by month; the promise that a stream has no number twice
therefore lives in the narrow ``ledger_key``. Checkpoints sign all heads at once and anchors
say where a checkpoint was put outside this database.
"""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel


class LedgerStream(SQLModel, table=True):
    """The head of one chain; its row is the lock under which the chain grows."""

    __tablename__: ClassVar[str] = "ledger_stream"
    stream: str = Field(primary_key=True, max_length=80)
    seq: int = Field(sa_type=BigInteger)
    hash: str = Field(max_length=64)
    at: datetime


class LedgerEntry(SQLModel, table=True):
    """One act, chained to the one before it."""

    __tablename__: ClassVar[str] = "ledger_entry"
    __table_args__ = (
        Index("ix_ledger_entry_object", "object", "at"),
        Index("ix_ledger_entry_actor", "actor", "at"),
        Index("ix_ledger_entry_act", "act", "at"),
        Index("ix_ledger_entry_at", "at"),
        {"postgresql_partition_by": "RANGE (at)"},
    )
    stream: str = Field(primary_key=True, max_length=80)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    at: datetime = Field(primary_key=True)
    actor: str = Field(max_length=120)
    act: str = Field(max_length=64)
    object: str = Field(max_length=160)
    unit: str = Field(max_length=32)
    reason: str = Field(default="", max_length=400)
    request_id: str = Field(default="", max_length=64)
    prev: str = Field(max_length=64)
    payload_digest: str = Field(max_length=64)
    hash: str = Field(max_length=64)
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    payload: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class LedgerKey(SQLModel, table=True):
    """(stream, seq) is given out once, ever."""

    __tablename__: ClassVar[str] = "ledger_key"
    stream: str = Field(primary_key=True, max_length=80)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    hash: str = Field(max_length=64)


class LedgerCheckpoint(SQLModel, table=True):
    """A signed statement over every stream's head (RFC 6962 tree, Ed25519, note format)."""

    __tablename__: ClassVar[str] = "ledger_checkpoint"
    size: int = Field(primary_key=True, sa_type=BigInteger)
    epoch: int = Field(primary_key=True)
    root: str = Field(max_length=64)
    note: str
    made_at: datetime


class LedgerAnchor(SQLModel, table=True):
    """Where a checkpoint was put outside this database, and what came back."""

    __tablename__: ClassVar[str] = "ledger_anchor"
    size: int = Field(primary_key=True, sa_type=BigInteger)
    epoch: int = Field(primary_key=True)
    place: str = Field(primary_key=True, max_length=64)
    receipt: str
    anchored_at: datetime
