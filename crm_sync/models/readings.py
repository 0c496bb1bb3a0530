"""What is kept of content pages: plain counts of openings, and what consenting readers did."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer
from sqlmodel import Field, SQLModel

from kit.db import Json


class PageOpening(SQLModel, table=True):
    """How often an article was opened on one day; about nobody."""

    __tablename__: ClassVar[str] = "page_opening"
    article_code: str = Field(max_length=64, primary_key=True)
    version: int = Field(primary_key=True)
    unit_id: str = Field(max_length=32, primary_key=True)  # of the member of staff who shared it
    on: date = Field(primary_key=True)
    forwarded: bool = Field(primary_key=True)
    openings: int = 0


class Reading(SQLModel, table=True):
    """One visit of a customer who agreed and whom WeChat named; gone after ``keep_until``."""

    __tablename__: ClassVar[str] = "reading"
    __table_args__ = (
        Index("ix_reading_customer_id", "customer_id", "opened_at"),
        Index("ix_reading_article", "article_code", "opened_at"),
    )
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    visit_no: str = Field(max_length=32, unique=True)
    customer_id: int = Field(sa_type=BigInteger)
    staff_id: str = Field(max_length=64)
    unit_id: str = Field(max_length=32)
    article_code: str = Field(max_length=64)
    version: int
    title: str = Field(max_length=60)
    interests: list[str] = Field(default_factory=list, sa_type=Json)
    share_no: str = Field(max_length=16)
    opened_at: datetime
    seen_at: datetime
    seconds: int = 0
    depth: int = 0
    forwards: int = 0
    keep_until: date = Field(index=True)
