"""Quarterly scorecards as they stood when the quarter closed."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class Scorecard(SQLModel, table=True):
    """One manager's figures of one quarter (``2026Q3``): parts and wholes, money in 分."""

    __tablename__: ClassVar[str] = "scorecard"
    quarter: str = Field(primary_key=True, max_length=8)
    staff_id: str = Field(primary_key=True, max_length=64)
    unit_id: str = Field(max_length=32, index=True)
    customers: int
    crossed: int
    before_fen: int = Field(sa_type=BigInteger)
    after_fen: int = Field(sa_type=BigInteger)
    measured: int
    friends: int
    reached: int
    closed_at: datetime
