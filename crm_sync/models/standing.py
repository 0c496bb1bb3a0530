"""Where every customer stands by what the bank knows: class, activity, file, assets over time."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel


class CustomerStanding(SQLModel, table=True):
    """One row a customer, written by ``crm_sync.standing`` alone, and only where it changes.

    ``grade`` is A | B | C | D; ``grade_kind`` tells the two kinds of B apart (mid_intent |
    big_no_intent). ``signs`` are the signs of intent, ``missing`` the sections of the file that
    have gaps; both comma-joined. ``activity`` is active | wavering | dormant, empty where
    nothing is known; ``dormant_kind`` is zero_card | dead_card. Money is in 分.
    """

    __tablename__: ClassVar[str] = "customer_standing"
    __table_args__ = (
        Index("ix_customer_standing_grade", "grade", "customer_id"),
        Index("ix_customer_standing_activity", "activity", "customer_id"),
    )
    customer_id: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    grade: str = Field(max_length=1)
    grade_kind: str = Field(default="", max_length=16)
    signs: str = Field(default="", max_length=120)
    activity: str = Field(default="", max_length=12)
    dormant_kind: str = Field(default="", max_length=12)
    completeness: int = 0  # per cent
    missing: str = Field(default="", max_length=120)
    average_fen: int | None = Field(default=None, sa_type=BigInteger)
    snapshots: int = 0  # days with a snapshot within the days of the average
    high_fen: int | None = Field(default=None, sa_type=BigInteger)  # within the days of activity
    peak_fen: int | None = Field(default=None, sa_type=BigInteger)
    changed_at: datetime
