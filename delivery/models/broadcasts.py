"""Broadcast tasks (企业群发): one text, one member, up to ten thousand of their customers."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel


class Broadcast(SQLModel, table=True):
    """One task at WeCom. ``text`` is sealed as ``broadcast.text`` bound to ``id``.

    state: gathering -> queued -> created | failed | unknown; created <-> awaiting_admin (WeCom's
    administrator has not let the member see it); created -> confirmed (the member sent it); each
    of these -> cancelled (nobody gets it any more) | ended (its result window is over).

    ``result_cursor``: how far the customers' results have been read, where a reading was broken
    off; ``cancelled_at``: when WeCom first said that it is cancelled.

    ``departed_at``: the call to WeCom was let go at this moment with the customers who were left;
    none where nothing has left, or it is certain that nothing arrived.
    """

    __tablename__: ClassVar[str] = "broadcast"
    __table_args__ = (
        Index("ix_broadcast_state", "state", "next_poll_at"),
        Index("ix_broadcast_planned_on", "planned_on", "state"),
        Index("ix_broadcast_campaign", "campaign", "state"),
    )
    id: int = Field(primary_key=True, sa_type=BigInteger)
    key: str = Field(max_length=160, unique=True)
    planned_on: date
    userid: str = Field(max_length=64)
    staff_id: str = Field(max_length=64)
    unit_id: str = Field(max_length=32)
    trigger: str = Field(max_length=64)
    purpose: str = Field(max_length=16)
    campaign: str = Field(default="", max_length=40)
    script_version_id: int = Field(sa_type=BigInteger)
    script_code: str = Field(max_length=64)
    script_version: int
    text: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    text_hash: str = Field(max_length=64)
    state: str = Field(max_length=16)
    outbox_id: int | None = Field(default=None, sa_type=BigInteger)
    msgid: str = Field(default="", max_length=128, index=True)
    departed_at: datetime | None = None
    stopped_at: datetime | None = None  # its campaign was stopped and WeCom was asked to cancel it
    created_at: datetime
    confirmed_at: datetime | None = None
    reminded: int = 0  # how often WeCom was asked to remind the member
    reminded_at: datetime | None = None
    next_poll_at: datetime | None = None
    poll_until: datetime | None = None
    result_cursor: str = Field(default="", max_length=1024)
    poll_failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    awaiting_since: datetime | None = None
    cancelled_at: datetime | None = None
    cause: str = Field(default="", max_length=400)


class BroadcastRecipient(SQLModel, table=True):
    """One customer of a broadcast and what WeCom says became of it.

    state: planned -> withdrawn | refused (in fail_list) | sent | not_friend | capped | unsent;
    what was not sent when its task ended is missed, when it was cancelled stopped.
    """

    __tablename__: ClassVar[str] = "broadcast_recipient"
    __table_args__ = (
        Index("ix_broadcast_recipient_customer", "customer_id", "broadcast_id"),
        Index("ix_broadcast_recipient_key", "key"),
    )
    broadcast_id: int = Field(primary_key=True, sa_type=BigInteger)
    external_userid: str = Field(primary_key=True, max_length=64)
    customer_id: int = Field(sa_type=BigInteger)
    key: str = Field(max_length=160)
    state: str = Field(default="planned", max_length=16)
    channel_reason: str = Field(default="", max_length=400)
    sent_at: datetime | None = None
