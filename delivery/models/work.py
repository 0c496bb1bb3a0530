"""Touches (what reached a customer, over every channel) and work items for people."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from kit.db import Json


class Touch(SQLModel, table=True):
    """A customer was reached, or is said to have been (``state``), by whom and how."""

    __tablename__: ClassVar[str] = "touch"
    __table_args__ = (
        Index("ix_touch_customer", "customer_id", "at"),
        Index("ix_touch_staff", "staff_id", "at"),
        Index("ix_touch_unit", "unit_id", "at"),
        Index("ix_touch_at", "at", "source"),
    )
    source: str = Field(primary_key=True, max_length=160)  # send:<id> | broadcast:<id>/<contact> …
    customer_id: int = Field(sa_type=BigInteger)
    staff_id: str = Field(max_length=64)
    unit_id: str = Field(max_length=32)
    channel: str = Field(max_length=16)
    purpose: str = Field(max_length=16)
    trigger: str = Field(default="", max_length=64)
    state: str = Field(max_length=16)  # claimed | confirmed | sent | recorded
    act: str = Field(default="", max_length=40)  # what was done there: 开户, 双录 …
    outcome: str = Field(default="", max_length=32)  # of a follow-up, where one is told
    reason: str = Field(default="", max_length=400)  # why this channel was chosen
    at: datetime


class WorkItem(SQLModel, table=True):
    """Something a person must decide. ``evidence`` is sealed as ``work_item.evidence``."""

    __tablename__: ClassVar[str] = "work_item"
    __table_args__ = (Index("ix_work_item_state", "state", "opened_at"),)
    key: str = Field(primary_key=True, max_length=160)
    kind: str = Field(max_length=32)
    title: str = Field(max_length=160)
    why: str = Field(max_length=400)
    unit_id: str = Field(default="hq", max_length=32, index=True)
    staff_id: str | None = Field(default=None, max_length=64)
    customer_id: int | None = Field(default=None, sa_type=BigInteger)
    external_userid: str | None = Field(default=None, max_length=64)
    evidence: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    state: str = Field(default="open", max_length=16)  # open | closed
    opened_at: datetime
    closed_at: datetime | None = None
    closed_by: str = Field(default="", max_length=120)
    resolution: str = Field(default="", max_length=400)
