"""Leads (商机线索): who a finder found, why in numbers, who leads, and how far it is."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from kit.db import Json


class Lead(SQLModel, table=True):
    """A customer that a finder found; one row a customer and finder, reopened when found again.

    ``level`` says who leads: branch (分行) | subbranch (支行负责、网点服务) | outlet (网点);
    ``unit_id`` is that unit. The queue is ordered by ``place`` (the finder's in the policy), then
    ``amount_fen`` (what it is about), then the customer. ``facts`` are plain numbers: money in
    分, counts, per cent. ``state`` is open | taken | done | gone (the facts are gone).
    """

    __tablename__: ClassVar[str] = "lead"
    __table_args__ = (Index("ix_lead_queue", "state", "place", "amount_fen", "customer_id"),)
    customer_id: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    finder: str = Field(primary_key=True, max_length=24)
    level: str = Field(max_length=12)
    unit_id: str = Field(max_length=32, index=True)
    place: int
    amount_fen: int = Field(sa_type=BigInteger)
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    state: str = Field(max_length=8)
    found_at: datetime
    taken_by: str = Field(default="", max_length=120)
    taken_at: datetime | None = None
    closed_by: str = Field(default="", max_length=120)
    closed_at: datetime | None = None
    note: str = Field(default="", max_length=200)
