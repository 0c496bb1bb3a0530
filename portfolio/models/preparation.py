"""What must be thought through before a campaign: three questions and four preparations."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel


class Preparation(SQLModel, table=True):
    """A record with its boxes; a campaign will name the one it stands on."""

    __tablename__: ClassVar[str] = "preparation"
    __table_args__ = (Index("ix_preparation_unit", "unit_id", "id"),)
    id: int = Field(primary_key=True, sa_type=BigInteger)
    title: str = Field(max_length=60)
    unit_id: str = Field(max_length=32)
    created_by: str = Field(max_length=120)
    created_at: datetime


class PreparationBox(SQLModel, table=True):
    """What was written into one box, by whom and when."""

    __tablename__: ClassVar[str] = "preparation_box"
    preparation_id: int = Field(primary_key=True, sa_type=BigInteger)
    box: str = Field(primary_key=True, max_length=16)
    content: str = Field(max_length=4000)
    by: str = Field(max_length=120)
    at: datetime
