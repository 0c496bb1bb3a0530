"""How far the archive has come, and every sequence number that is not a stored message."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, LargeBinary
from sqlmodel import Field, SQLModel


class ArchiveCursor(SQLModel, table=True):
    """A position that moves only in the transaction that did the work up to it.

    ``source:wecom`` counts sequence numbers, ``screening:<rulebook>`` pages,
    ``evidence:<year>`` packs, ``comparison`` seconds since 1970.
    """

    __tablename__: ClassVar[str] = "archive_cursor"
    name: str = Field(primary_key=True, max_length=80)
    position: int = Field(default=0, sa_type=BigInteger)
    first: int = Field(default=0, sa_type=BigInteger)
    moved_at: datetime | None = None
    checked_at: datetime | None = None  # when the source last had nothing more


class ArchiveGap(SQLModel, table=True):
    """Sequence numbers that the source did not give. ``found`` of them came later."""

    __tablename__: ClassVar[str] = "archive_gap"
    first_seq: int = Field(primary_key=True, sa_type=BigInteger)
    last_seq: int = Field(sa_type=BigInteger)
    state: str = Field(max_length=8, index=True)  # open -> absent, after a second pull
    cause: str = Field(max_length=8)  # hole | window: we were away longer than WeCom keeps
    found: int = Field(default=0, sa_type=BigInteger)
    opened_at: datetime
    confirmed_at: datetime | None = None


class ArchiveRepeat(SQLModel, table=True):
    """A sequence number under which a message came again that is stored under another."""

    __tablename__: ClassVar[str] = "archive_repeat"
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    msgid: str = Field(max_length=128)
    at: datetime


class Quarantine(SQLModel, table=True):
    """A record that could not be stored, as it came; ``cause`` is a word of ``archive.reading``."""

    __tablename__: ClassVar[str] = "archive_quarantine"
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    msgid: str = Field(primary_key=True, max_length=128)
    key_version: int = Field(sa_type=BigInteger)
    record: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    cause: str = Field(max_length=32)
    state: str = Field(max_length=8, index=True)  # held -> released
    attempts: int = 1
    held_at: datetime
    released_at: datetime | None = None
