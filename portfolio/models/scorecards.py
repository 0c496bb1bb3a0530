"""Quarterly scorecards as they stood when the quarter closed, and the customers behind them."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Index
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


class ScorecardLine(SQLModel, table=True):
    """One customer behind a closed quarter's figures, as they were; 0 or 1 says what they count for.

    ``before_fen`` and ``after_fen`` are the assets at both ends, where they were known.
    """

    __tablename__: ClassVar[str] = "scorecard_line"
    __table_args__ = (Index("ix_scorecard_line_customer_id", "customer_id"),)
    quarter: str = Field(primary_key=True, max_length=8)
    staff_id: str = Field(primary_key=True, max_length=64)
    customer_id: int = Field(primary_key=True, sa_type=BigInteger)
    unit_id: str = Field(max_length=32)
    before_fen: int | None = Field(default=None, sa_type=BigInteger)
    after_fen: int | None = Field(default=None, sa_type=BigInteger)
    kinds: int
    crossed: int
    measured: int
    friends: int
    reached: int
