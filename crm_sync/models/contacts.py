"""WeCom identities: external contacts and who follows them."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from kit.db import Json


class Contact(SQLModel, table=True):
    """An external contact (外部联系人). ``customer_id`` is set by a confirmed binding alone.

    ``name`` (the nickname) is sealed as ``contact.name`` bound to ``external_userid``.
    ``merged_into``: a person said that this is the customer's second contact; messages go to
    the one named, the history of this one stays.
    """

    __tablename__: ClassVar[str] = "contact"
    external_userid: str = Field(primary_key=True, max_length=64)
    name: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    kind: int = 0  # 1 WeChat, 2 WeCom, 0 not known
    gender: int = 0
    unionid_hash: str | None = Field(default=None, max_length=32, index=True)
    customer_id: int | None = Field(default=None, sa_type=BigInteger, index=True)
    merged_into: str | None = Field(default=None, max_length=64, index=True)
    archive_agreed: bool | None = None
    archive_agreed_at: datetime | None = None
    first_seen_at: datetime
    synced_at: datetime | None = None
    digest: str = Field(default="", max_length=64)


class Relation(SQLModel, table=True):
    """A staff member follows a contact. Rows stay when the relation ends, with who ended it.

    ``remark`` is sealed as ``relation.remark`` bound to ``userid/external_userid``;
    ``remark_phone_hashes`` are keyed hashes (purpose ``phone``) for binding.
    """

    __tablename__: ClassVar[str] = "relation"
    __table_args__ = (Index("ix_relation_external_userid", "external_userid"),)
    userid: str = Field(primary_key=True, max_length=64)
    external_userid: str = Field(primary_key=True, max_length=64)
    remark: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    remark_phone_hashes: list[str] = Field(default_factory=list, sa_type=Json)
    tag_ids: list[str] = Field(default_factory=list, sa_type=Json)
    state: str = Field(default="", max_length=64)
    add_way: int = 0
    added_at: datetime | None = None
    half: bool = False  # the member has not accepted yet
    ended_at: datetime | None = None
    ended_by: str = Field(default="", max_length=16)  # staff | customer | transfer | reconcile
    synced_at: datetime | None = None
    digest: str = Field(default="", max_length=64)


class SyncCursor(SQLModel, table=True):
    """How far a long synchronisation has come, so that it resumes where it stopped."""

    __tablename__: ClassVar[str] = "sync_cursor"
    name: str = Field(primary_key=True, max_length=80)
    position: str = Field(default="", max_length=400)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    counts: dict[str, int] = Field(default_factory=dict, sa_type=Json)
