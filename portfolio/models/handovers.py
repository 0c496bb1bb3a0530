"""Handovers (在职继承, 离职继承): a run for one giver, a line for everything that changes hands."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from kit.db import Json

OPEN = "state IN ('draft', 'planned', 'running')"


class HandoverRun(SQLModel, table=True):
    """Everything one member of staff gives away. A person has at most one that is not over.

    ``kind``: on_job | resigned, as WeCom knows the giver. ``origin``: person | event | sync.
    """

    __tablename__: ClassVar[str] = "handover_run"
    __table_args__ = (
        Index(
            "uq_handover_run_open",
            "staff_id",
            unique=True,
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        Index("ix_handover_run_state", "state", "id"),
    )
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    kind: str = Field(max_length=16)
    origin: str = Field(default="person", max_length=16)
    staff_id: str = Field(max_length=64)
    userid: str = Field(default="", max_length=64)
    unit_id: str = Field(max_length=32)
    state: str = Field(max_length=16)  # draft | planned | running | finished | cancelled
    reason: str = Field(default="", max_length=200)
    takers: list[str] = Field(default_factory=list, sa_type=Json)
    created_at: datetime
    created_by: str = Field(max_length=120)
    planned_at: datetime | None = None
    planned_by: str = Field(default="", max_length=120)
    approved_at: datetime | None = None
    approved_by: str = Field(default="", max_length=120)
    finished_at: datetime | None = None


class HandoverLine(SQLModel, table=True):
    """One thing that changes hands: a customer in the bank's books, a contact or a group in WeCom.

    ``item``: ``<customer_id>|<relation>`` (kind customer), external_userid, chat_id. ``state``:
    planned | asked | unknown | waiting | taken | refused | limit | gone | kept. ``next_at`` is
    when something is to be done about it next; ``due_at`` when WeCom's waiting ends; ``settled_at``
    when it happened, ``learnt_at`` when we were told. ``read_status``, ``read_takeover_at``: what the
    pages of WeCom's results say that were read so far, where a reading was broken off.
    """

    __tablename__: ClassVar[str] = "handover_line"
    __table_args__ = (
        UniqueConstraint("run_id", "kind", "item"),
        Index("ix_handover_line_state", "run_id", "kind", "state", "id"),
        Index("ix_handover_line_item", "item", "state"),
        Index("ix_handover_line_customer_id", "customer_id"),
        Index("ix_handover_line_next_at", "state", "next_at"),
    )
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    run_id: int = Field(sa_type=BigInteger)
    kind: str = Field(max_length=16)  # customer | contact | group
    item: str = Field(max_length=64)
    customer_id: int | None = Field(default=None, sa_type=BigInteger)
    relation: str = Field(default="", max_length=16)  # owner | persona | corporate, of customers
    to_staff_id: str | None = Field(default=None, max_length=64)
    to_userid: str | None = Field(default=None, max_length=64)
    state: str = Field(max_length=16)
    code: int | None = None
    attempts: int = 0
    asked_at: datetime | None = None
    due_at: datetime | None = None
    next_at: datetime | None = None
    settled_at: datetime | None = None
    learnt_at: datetime | None = None
    read_status: int | None = None
    read_takeover_at: datetime | None = None


class HandoverReading(SQLModel, table=True):
    """How far WeCom's results between the giver of a run and one taker were read."""

    __tablename__: ClassVar[str] = "handover_reading"
    run_id: int = Field(primary_key=True, sa_type=BigInteger)
    to_userid: str = Field(primary_key=True, max_length=64)
    began_at: datetime
    cursor: str = Field(max_length=1024)
