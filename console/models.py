"""What people keep at the desk: searches they run again, messages they put into a basket."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, LargeBinary
from sqlmodel import Field, SQLModel


class SavedSearch(SQLModel, table=True):
    """A search kept under a name. ``query`` (the address) is sealed as ``saved_search.query``,
    because what auditors look for names people."""

    __tablename__: ClassVar[str] = "saved_search"
    id: int = Field(primary_key=True, sa_type=BigInteger)
    staff_id: str = Field(max_length=64, index=True)
    name: str = Field(max_length=30)
    query: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    saved_at: datetime


class BasketItem(SQLModel, table=True):
    """A message that somebody means to ask an evidence pack for."""

    __tablename__: ClassVar[str] = "evidence_basket"
    staff_id: str = Field(primary_key=True, max_length=64)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    added_at: datetime
