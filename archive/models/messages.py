"""Archived messages and what finds them. Messages are only ever inserted (P18).

On PostgreSQL the wide tables are partitioned by month of ``sent_at``; the promise that no
message is stored twice therefore lives in the narrow ``message_key``.
"""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import DDL, JSON, BigInteger, Column, Index, LargeBinary, event
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel


class ArchivedMessage(SQLModel, table=True):
    """One message as WeCom gave it.

    ``body`` is the raw JSON, sealed as ``archive_message.body`` bound to ``msgid``. ``digest``
    is the salted digest that the ledger entry ``chat:hq#<page>`` lists. ``talk`` names the
    conversation (``archive.parties``); ``refers_to`` is the message a recall takes back.
    """

    __tablename__: ClassVar[str] = "archived_message"
    __table_args__ = (
        Index("ix_archived_message_msgid", "msgid"),
        Index("ix_archived_message_talk", "talk", "seq"),
        Index("ix_archived_message_page", "page"),
        Index("ix_archived_message_refers_to", "refers_to"),
        {"postgresql_partition_by": "RANGE (sent_at)"},
    )
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    sent_at: datetime = Field(primary_key=True)
    msgid: str = Field(max_length=128)
    page: int = Field(sa_type=BigInteger)
    action: str = Field(max_length=16)  # send | recall | switch
    msgtype: str = Field(max_length=40)
    from_id: str = Field(max_length=128)
    from_kind: str = Field(max_length=8)  # staff | customer | bot
    room_id: str = Field(default="", max_length=128)
    talk: str = Field(max_length=160)
    external: bool = False  # a customer takes part
    time_given: bool = True  # False: WeCom gave no time, ``sent_at`` is when we received it
    refers_to: str | None = Field(default=None, max_length=128)
    text_hash: str | None = Field(default=None, max_length=32)
    received_at: datetime
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    digest: str = Field(max_length=64)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class MessageKey(SQLModel, table=True):
    """A message id, and a sequence number, are stored once, ever."""

    __tablename__: ClassVar[str] = "message_key"
    msgid: str = Field(primary_key=True, max_length=128)
    seq: int = Field(sa_type=BigInteger, unique=True)
    sent_at: datetime


class MessagePerson(SQLModel, table=True):
    """Who wrote a message, or received it in a talk of two; members of a group are not listed."""

    __tablename__: ClassVar[str] = "message_person"
    __table_args__ = (
        Index("ix_message_person_seq", "seq"),
        {"postgresql_partition_by": "RANGE (sent_at)"},
    )
    person: str = Field(primary_key=True, max_length=128)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    sent_at: datetime = Field(primary_key=True)


class MessageGrams(SQLModel, table=True):
    """The keyed two-character index on PostgreSQL; on SQLite it stays empty (``archive.index``)."""

    __tablename__: ClassVar[str] = "message_grams"
    __table_args__ = (
        Index("ix_message_grams_grams", "grams", postgresql_using="gin").ddl_if(
            dialect="postgresql"
        ),
        {"postgresql_partition_by": "RANGE (sent_at)"},
    )
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    sent_at: datetime = Field(primary_key=True)
    grams: list[int] = Field(
        sa_column=Column(
            JSON().with_variant(ARRAY(BigInteger), "postgresql"),
            nullable=False,
        )
    )


GRAMS_ON_SQLITE = """
CREATE VIRTUAL TABLE message_fts USING fts5(
    grams, content='', detail=none, columnsize=0, tokenize='ascii'
)
"""
"""The same index on SQLite: FTS5 without content, over the hex forms of the keyed hashes."""

event.listen(
    MessageGrams.__table__,  # type: ignore[attr-defined]
    "after_create",
    DDL(GRAMS_ON_SQLITE).execute_if(dialect="sqlite"),  # type: ignore[no-untyped-call]
)
