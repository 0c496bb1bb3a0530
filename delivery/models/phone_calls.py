"""Telephone calls that managers asked the bank's exchange for."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from delivery.facts import GOING, CallState
from kit.db import stored

_GOING = text(f"state IN ({', '.join(repr(one.value) for one in GOING)})")


class PhoneCall(SQLModel, table=True):
    """One call for one to-do; never its number. ``id`` is the key the exchange knows it by."""

    __tablename__: ClassVar[str] = "phone_call"
    __table_args__ = (
        Index("ix_phone_call_todo", "todo_id", "id"),
        Index("ix_phone_call_customer", "customer_id", "asked_at"),
        Index("ix_phone_call_state", "state", "id"),
        Index(
            "ux_phone_call_going",
            "todo_id",
            unique=True,
            postgresql_where=_GOING,
            sqlite_where=_GOING,
        ),
    )
    id: int = Field(primary_key=True, sa_type=BigInteger)
    todo_id: int = Field(sa_type=BigInteger)
    outbox_id: int = Field(sa_type=BigInteger)
    customer_id: int = Field(sa_type=BigInteger)
    staff_id: str = Field(max_length=64)
    unit_id: str = Field(max_length=32)
    state: CallState = Field(default=CallState.ASKED, sa_type=stored(CallState))
    asked_at: datetime
    seconds: int = 0  # how long they talked
    cause: str = Field(default="", max_length=120)  # what the exchange said of its no
    ended_at: datetime | None = None
