"""Segments people saved (客群规则): a condition, its versions, and who relies on it."""

from datetime import datetime
from typing import Any, ClassVar

from sqlmodel import Field, SQLModel

from kit.db import Json


class Segment(SQLModel, table=True):
    """A saved segment; ``version`` is the one in force, or the newest while it is a draft."""

    __tablename__: ClassVar[str] = "segment"
    code: str = Field(primary_key=True, max_length=40)
    title: str = Field(max_length=40)
    state: str = Field(max_length=16)  # draft | in_force | retired
    version: int
    pack: str = Field(default="", max_length=40)
    changed_at: datetime


class SegmentVersion(SQLModel, table=True):
    """One version of a segment; it never changes."""

    __tablename__: ClassVar[str] = "segment_version"
    code: str = Field(primary_key=True, max_length=40)
    number: int = Field(primary_key=True)
    title: str = Field(max_length=40)
    conditions: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    sentence: str = Field(max_length=2000)
    by: str = Field(max_length=120)
    at: datetime
    reason: str = Field(default="", max_length=200)


class SegmentUse(SQLModel, table=True):
    """Something that relies on a segment (an activity, a list, a task); told by whoever does."""

    __tablename__: ClassVar[str] = "segment_use"
    code: str = Field(primary_key=True, max_length=40)
    kind: str = Field(primary_key=True, max_length=24)
    ref: str = Field(primary_key=True, max_length=80)
    title: str = Field(default="", max_length=120)
    at: datetime
