"""Allocation plans, their lines, and claims of familiarity."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from kit.db import Json


class AllocationPlan(SQLModel, table=True):
    """A list to be given to people, as proposed; nothing changes before a second person agrees.

    ``key`` makes a plan one however often a job proposes it. ``counts`` is what the making found
    (listed, placed, kept, unplaced) and what the applying did (moved, stale).
    """

    __tablename__: ClassVar[str] = "allocation_plan"
    __table_args__ = (Index("ix_allocation_plan_unit", "unit_id", "id"),)
    id: int = Field(primary_key=True, sa_type=BigInteger)
    key: str = Field(max_length=120, unique=True)
    method: str = Field(max_length=16)  # familiarity | balance | level | persona | direct
    kind: str = Field(default="owner", max_length=16)  # the relation that it gives
    listed: str = Field(max_length=120)  # which list, in words
    unit_id: str = Field(max_length=32)
    state: str = Field(default="pending", max_length=16, index=True)
    author: str = Field(max_length=120)
    made_at: datetime
    decided_by: str = Field(default="", max_length=120)
    decided_at: datetime | None = None
    opinion: str = Field(default="", max_length=300)
    counts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)


class AllocationLine(SQLModel, table=True):
    """One customer of a plan: from whom to whom and why; ``to_staff`` empty where nobody fits."""

    __tablename__: ClassVar[str] = "allocation_line"
    __table_args__ = (
        Index("ix_allocation_line_to", "plan_id", "to_staff", "customer_id"),
        Index("ix_allocation_line_from", "plan_id", "from_staff", "customer_id"),
        Index("ix_allocation_line_customer", "customer_id"),
    )
    plan_id: int = Field(primary_key=True, sa_type=BigInteger)
    customer_id: int = Field(primary_key=True, sa_type=BigInteger)
    unit_id: str = Field(max_length=32)
    aum_fen: int | None = Field(default=None, sa_type=BigInteger)
    from_staff: str | None = Field(default=None, max_length=64)
    to_staff: str | None = Field(default=None, max_length=64)
    reason: str = Field(max_length=200)
    state: str = Field(max_length=16)  # proposed | unplaced | applied | stale


class AllocationClaim(SQLModel, table=True):
    """A member of staff says that they know a customer (熟悉度认领)."""

    __tablename__: ClassVar[str] = "allocation_claim"
    customer_id: int = Field(primary_key=True, sa_type=BigInteger)
    staff_id: str = Field(primary_key=True, max_length=64)
    note: str = Field(default="", max_length=120)
    claimed_at: datetime
    by: str = Field(max_length=120)


class Recall(SQLModel, table=True):
    """A customer taken back from a keeper, with the reason; given anew by the next plan."""

    __tablename__: ClassVar[str] = "recall"
    __table_args__ = (
        Index("ix_recall_unit", "unit_id", "id"),
        Index("ix_recall_customer", "customer_id", "state"),
    )
    id: int = Field(primary_key=True, sa_type=BigInteger)
    customer_id: int = Field(sa_type=BigInteger)
    staff_id: str = Field(max_length=64)  # from whom
    unit_id: str = Field(max_length=32)
    reason: str = Field(max_length=40)
    note: str = Field(default="", max_length=200)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    state: str = Field(default="open", max_length=16)  # open | settled
    recalled_by: str = Field(max_length=120)
    recalled_at: datetime
    settled_at: datetime | None = None
    new_staff: str | None = Field(default=None, max_length=64)
