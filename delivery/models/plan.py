"""What a planning run decided, counted by trigger, channel and reason of refusal."""

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
