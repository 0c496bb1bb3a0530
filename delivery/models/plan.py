"""What a planning run decided, counted, and which candidates others outranked."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from kit.db import Json


class PlanRun(SQLModel, table=True):
    """One run of the planner for one bank day."""

    __tablename__: ClassVar[str] = "plan_run"
    id: int = Field(primary_key=True, sa_type=BigInteger)
    plan_date: date = Field(index=True)
    by: str = Field(max_length=120)
    started_at: datetime
    finished_at: datetime | None = None
    counts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)


class Outranked(SQLModel, table=True):
    """A candidate that was not said on a day because ``winner`` came first for this customer."""

    __tablename__: ClassVar[str] = "outranked"
    customer_id: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    day: date = Field(primary_key=True)
    key: str = Field(primary_key=True, max_length=160)
    trigger: str = Field(max_length=120)
    winner: str = Field(max_length=160)
    at: datetime
