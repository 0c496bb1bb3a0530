"""The row that decides who runs a job: unique per job and planned moment."""

from datetime import datetime
from typing import Any, ClassVar

from sqlmodel import Field, SQLModel

from kit.db import Json


class JobSlot(SQLModel, table=True):
    """One planned run of one job. Whoever inserts the row runs it; nobody else can."""

    __tablename__: ClassVar[str] = "job_slot"
    job: str = Field(primary_key=True, max_length=64)
    planned_at: datetime = Field(primary_key=True)
    worker: str = Field(max_length=64)
    started_at: datetime
    beat_at: datetime
    finished_at: datetime | None = None
    outcome: str = Field(default="running", max_length=16)  # running | done | failed
    counts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    cause: str = Field(default="", max_length=400)
