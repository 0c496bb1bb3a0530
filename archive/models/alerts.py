"""What screening found, what a person has to look at, and which sends were seen."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary
from sqlmodel import Field, SQLModel

from kit.db import Json


class Finding(SQLModel, table=True):
    """One rule broken in one message, by one version of the rulebook.

    ``spans`` are half-open places in the message's text; ``window`` names the earlier messages
    of the same sender that had to be read together with it.
    """

    __tablename__: ClassVar[str] = "archive_finding"
    __table_args__ = (Index("ix_archive_finding_rule", "rule", "seq"),)
    msgid: str = Field(primary_key=True, max_length=128)
    rule: str = Field(primary_key=True, max_length=40)
    rulebook: str = Field(primary_key=True, max_length=40)
    seq: int = Field(sa_type=BigInteger, index=True)
    sent_at: datetime
    speaker: str = Field(max_length=8)  # manager | customer | content
    family: str = Field(max_length=40)
    severity: str = Field(max_length=8)  # block | review | warn | dry_run
    spans: list[list[int]] = Field(default_factory=list, sa_type=Json)
    window: list[str] = Field(default_factory=list, sa_type=Json)
    alert_key: str | None = Field(default=None, max_length=200, index=True)
    state: str = Field(default="open", max_length=12)  # open -> confirmed | dismissed
    found_at: datetime


class Alert(SQLModel, table=True):
    """Something a person has to look at: one a message, or one a customer and day.

    ``note`` is sealed as ``archive_alert.note`` bound to ``key``.
    """

    __tablename__: ClassVar[str] = "archive_alert"
    __table_args__ = (
        Index("ix_archive_alert_state", "state", "due_at"),
        Index("ix_archive_alert_userid", "userid", "state"),
    )
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    key: str = Field(max_length=200, unique=True)
    thread: str = Field(max_length=180, index=True)  # what gathers under one alert while open
    kind: str = Field(max_length=12)  # violation | complaint | optout | question
    severity: str = Field(max_length=8)  # high | normal | low
    state: str = Field(max_length=12)  # new -> claimed -> escalated -> closed
    msgid: str = Field(max_length=128, index=True)
    seq: int = Field(sa_type=BigInteger)
    sent_at: datetime
    messages: int = 1
    userid: str | None = Field(default=None, max_length=128)
    external_userid: str | None = Field(default=None, max_length=128, index=True)
    room_id: str = Field(default="", max_length=128)
    rules: list[str] = Field(default_factory=list, sa_type=Json)
    rulebook: str = Field(max_length=40)
    opened_at: datetime
    due_at: datetime
    claimed_by: str = Field(default="", max_length=120)
    claimed_at: datetime | None = None
    escalated_to: str = Field(default="", max_length=120)
    escalated_at: datetime | None = None
    closed_by: str = Field(default="", max_length=120)
    closed_at: datetime | None = None
    outcome: str = Field(default="", max_length=16)  # clear | corrected | reported
    note: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class SendMatch(SQLModel, table=True):
    """What the archive says about one claimed send (逐字比对)."""

    __tablename__: ClassVar[str] = "archive_send_match"
    send_id: str = Field(primary_key=True, max_length=80)
    state: str = Field(max_length=12)  # not_seen -> confirmed | differs
    msgid: str | None = Field(default=None, max_length=128, index=True)
    compared_at: datetime
