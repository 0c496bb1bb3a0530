"""Where each owned customer stands with contacts; the daily plan is made from it."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel


class ContactStanding(SQLModel, table=True):
    """One owned customer: class, newest 有效联络, how many in the window.

    ``base_at`` is the moment from which the days of the duty run: the newest 有效联络, or the
    beginning of the ownership where there was none. Which days are too many is asked when the
    row is read, so that a change of the policy holds at once.
    """

    __tablename__: ClassVar[str] = "contact_standing"
    __table_args__ = (
        Index("ix_contact_standing_staff", "staff_id", "base_at"),
        Index("ix_contact_standing_unit", "unit_id", "base_at"),
        Index("ix_contact_standing_base", "base_at", "customer_id"),
    )
    customer_id: int = Field(primary_key=True, sa_type=BigInteger)
    staff_id: str = Field(primary_key=True, max_length=64)
    unit_id: str = Field(max_length=32)
    grade: str = Field(default="", max_length=8)
    activity: str = Field(default="", max_length=16)
    tier: str = Field(default="", max_length=32)
    aum_fen: int | None = Field(default=None, sa_type=BigInteger)
    last_at: datetime | None = None
    base_at: datetime
    touches: int = 0
