"""One-time permission to send one text from the sidebar, and what became of it."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from kit.db import stored


class TicketState(StrEnum):
    """Handed out, said to be sent, seen in the archive: three facts, three states."""

    PREPARED = "prepared"  # the server judged it and handed the text out
    CLAIMED = "claimed"  # the client says that it was sent
    CANCELLED = "cancelled"  # the client says that it was not
    LAPSED = "lapsed"  # no word from the client in time
    WITHDRAWN = "withdrawn"  # the customer opted out before a word came
    CONFIRMED = "confirmed"  # the archive shows the same text
    DIFFERS = "differs"  # the archive shows another text at that moment


class SendTicket(SQLModel, table=True):
    """``text`` is sealed as ``send_ticket.text`` bound to ``id``; the token only as a hash."""

    __tablename__: ClassVar[str] = "send_ticket"
    __table_args__ = (
        Index("ix_send_ticket_customer", "customer_id", "issued_at"),
        Index("ix_send_ticket_staff", "staff_id", "issued_at"),
        Index("ix_send_ticket_state", "state", "claimed_at"),
        Index("ix_send_ticket_key", "key"),
        Index("ix_send_ticket_msgid", "msgid"),
    )
    id: int = Field(primary_key=True, sa_type=BigInteger)
    token_hash: str = Field(max_length=64, unique=True)
    key: str = Field(max_length=160)
    todo_id: int | None = Field(default=None, sa_type=BigInteger, index=True)
    customer_id: int | None = Field(default=None, sa_type=BigInteger)
    staff_id: str = Field(max_length=64)
    userid: str = Field(max_length=64)
    external_userid: str = Field(default="", max_length=64)
    chat_id: str = Field(default="", max_length=64)
    unit_id: str = Field(max_length=32)
    purpose: str = Field(max_length=16)
    trigger: str = Field(default="", max_length=64)
    channel_reason: str = Field(default="", max_length=400)
    script_version_id: int = Field(sa_type=BigInteger)
    script_code: str = Field(max_length=64)
    script_version: int
    text: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    text_hash: str = Field(max_length=64)
    state: TicketState = Field(default=TicketState.PREPARED, sa_type=stored(TicketState))
    issued_at: datetime
    expires_at: datetime
    claimed_at: datetime | None = None
    client_said: str = Field(default="", max_length=80)
    msgid: str = Field(default="", max_length=128)
    settled_at: datetime | None = None
