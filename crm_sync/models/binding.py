"""Links between contacts and customers, with the evidence each stands on."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Integer
from sqlmodel import Field, SQLModel

from kit.db import Json


class Binding(SQLModel, table=True):
    """One link, proposed, confirmed, conflicting or undone; the history stays.

    ``method`` is unionid | phone | state | hand | real_name; ``confidence`` is per cent.
    """

    __tablename__: ClassVar[str] = "binding"
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    external_userid: str = Field(max_length=64, index=True)
    customer_id: int = Field(sa_type=BigInteger, index=True)
    method: str = Field(max_length=16)
    confidence: int
    evidence: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    state: str = Field(max_length=16, index=True)  # proposed | confirmed | conflict | undone
    by: str = Field(max_length=120)
    at: datetime
    undone_by: str = Field(default="", max_length=120)
    undone_at: datetime | None = None
