"""每日联络客户计划表: whom a manager contacts on a day, in which order, and why."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from kit.db import Json


class DailyContact(SQLModel, table=True):
    """One line of one manager's plan of one day. Whether it was done is asked of the touches."""

    __tablename__: ClassVar[str] = "daily_contact"
    __table_args__ = (
        Index("ix_daily_contact_unit", "on", "unit_id"),
        Index("ix_daily_contact_customer", "customer_id", "on"),
    )
    staff_id: str = Field(primary_key=True, max_length=64)
    on: date = Field(primary_key=True)
    customer_id: int = Field(primary_key=True, sa_type=BigInteger)
    unit_id: str = Field(max_length=32)
    place: int
    score: int
    reasons: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    planned_at: datetime
