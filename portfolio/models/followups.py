"""Customers that are left in peace for a while: follow-ups led to nothing."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer, text
from sqlmodel import Field, SQLModel


class Parking(SQLModel, table=True):
    """A customer was parked (暂停／不常跟进) after ``misses`` follow-ups without a deal."""

    __tablename__: ClassVar[str] = "parking"
    __table_args__ = (
        Index(
            "uq_parking_live",
            "customer_id",
            unique=True,
            postgresql_where=text("unparked_at IS NULL"),
            sqlite_where=text("unparked_at IS NULL"),
        ),
        Index("ix_parking_staff", "staff_id", "parked_at"),
        Index("ix_parking_unit", "unit_id", "parked_at"),
    )
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    customer_id: int = Field(sa_type=BigInteger)
    staff_id: str = Field(max_length=64)
    unit_id: str = Field(max_length=32)
    misses: int
    parked_at: datetime
    unparked_at: datetime | None = None
    unparked_by: str = Field(default="", max_length=120)
    reason: str = Field(default="", max_length=200)
