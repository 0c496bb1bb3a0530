"""The feed's batches: one row a batch, ever; a batch that comes twice finds its first answer."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from kit.db import Json, stored


class BatchState(StrEnum):
    """Where a batch is."""

    RECEIVED = "received"  # kept -> applied | refused | failed, by whoever leased it
    APPLIED = "applied"  # its rows are in, each taken or rejected
    REFUSED = "refused"  # the batch as a whole cannot be taken; nothing changed
    FAILED = "failed"  # failed five times for no reason of its own; waits for a person


WAITING = text("state = 'received'")


class FeedBatch(SQLModel, table=True):
    """A batch of a bank system. ``body`` is sealed as ``feed_batch.body`` bound to
    ``system/batch_id`` and let go once the batch is applied; ``digest`` is a keyed hash of it."""

    __tablename__: ClassVar[str] = "feed_batch"
    __table_args__ = (
        Index(
            "ix_feed_batch_waiting", "system", "kind", "received_at",
            postgresql_where=WAITING, sqlite_where=WAITING,
        ),
    )  # fmt: skip
    system: str = Field(primary_key=True, max_length=31)
    batch_id: str = Field(primary_key=True, max_length=64)
    kind: str = Field(max_length=20)
    digest: str = Field(max_length=32)
    body: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    state: BatchState = Field(default=BatchState.RECEIVED, sa_type=stored(BatchState))
    status: int = 202  # the HTTP status of the answer
    answer: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    run_id: int | None = Field(default=None, sa_type=BigInteger)
    attempts: int = 0
    received_at: datetime
    leased_until: datetime | None = None
    finished_at: datetime | None = None
