"""The token of one application and who is fetching the next one."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel


class SharedToken(SQLModel, table=True):
    """``value`` is sealed as ``shared_token.value`` bound to ``name``; nothing names the secret."""

    __tablename__: ClassVar[str] = "shared_token"
    name: str = Field(primary_key=True, max_length=96)
    value: bytes | None = Field(default=None, sa_type=LargeBinary)
    good_until: datetime | None = None
    fetched_by: str = Field(default="", max_length=64)  # who fetches now, until ``leased_until``
    leased_until: datetime | None = None
