"""Broadcasts that others made (members, the console, other apps), and whom WeCom says they reached."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel


class OutsideBroadcast(SQLModel, table=True):
    """One broadcast of WeCom's list that is none of ours.

    state: open -> ended (its result window is over). ``create_type``: 0 by the corp, 1 by a
    member. ``read``: members whose results are known to the end; ``read_member`` and
    ``read_cursor``: how far one was read, where a reading was broken off.
    """

    __tablename__: ClassVar[str] = "outside_broadcast"
    __table_args__ = (Index("ix_outside_broadcast_state", "state", "next_poll_at"),)
    msgid: str = Field(primary_key=True, max_length=128)
    creator: str = Field(default="", max_length=64)
    create_type: int
    made_at: datetime
    found_at: datetime
    state: str = Field(default="open", max_length=16)
    next_poll_at: datetime | None = None
    poll_until: datetime
    poll_failures: int = 0
    read: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    read_member: str = Field(default="", max_length=64)
    read_cursor: str = Field(default="", max_length=1024)


class OutsideReach(SQLModel, table=True):
    """One contact whom an outside broadcast reached, which WeCom counts against its limits.

    ``uses``: how much of WeCom's limit that is: one, or all of it (``FULL``) where WeCom said of a
    broadcast of ours that the contact has had enough.
    """

    __tablename__: ClassVar[str] = "outside_reach"
    __table_args__ = (Index("ix_outside_reach_contact", "external_userid", "sent_on"),)
    msgid: str = Field(primary_key=True, max_length=128)
    external_userid: str = Field(primary_key=True, max_length=64)
    sent_on: date
    uses: int = 1
