"""Customer groups, their members, what happened in them, and how far the sync has come."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from kit.db import Json


class CustomerGroup(SQLModel, table=True):
    """A customer group (客户群).

    ``name`` and ``notice`` may hold anything people wrote: sealed as ``customer_group.name`` and
    ``customer_group.notice`` bound to ``chat_id``. ``status``: 0 followed, 1 owner left,
    2 being inherited, 3 inherited [92120].
    """

    __tablename__: ClassVar[str] = "customer_group"
    chat_id: str = Field(primary_key=True, max_length=64)
    name: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    notice: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    owner_userid: str = Field(default="", max_length=64, index=True)
    unit_id: str | None = Field(default=None, max_length=32, index=True)
    purpose: str = Field(default="", max_length=80)
    interest: str = Field(default="", max_length=40)
    persona: str = Field(default="", max_length=40)
    registered: bool = False
    registered_by: str = Field(default="", max_length=120)
    registered_at: datetime | None = None
    status: int = 0
    created_at: datetime | None = None
    member_version: str = Field(default="", max_length=64)
    admins: list[str] = Field(default_factory=list, sa_type=Json)
    dismissed_at: datetime | None = None
    synced_at: datetime | None = Field(default=None, index=True)


class GroupMember(SQLModel, table=True):
    """Somebody in a group; the row stays when they leave.

    ``nickname`` (the name shown in the group) is sealed as ``group_member.nickname`` bound to
    ``chat_id/member_id``.
    """

    __tablename__: ClassVar[str] = "group_member"
    __table_args__ = (Index("ix_group_member_member_id", "member_id", "left_at"),)
    chat_id: str = Field(primary_key=True, max_length=64)
    member_id: str = Field(primary_key=True, max_length=64)
    kind: str = Field(max_length=8)  # staff | external
    nickname: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    joined_at: datetime | None = None
    join_scene: int | None = None
    invited_by: str = Field(default="", max_length=64)
    state: str = Field(default="", max_length=64)
    left_at: datetime | None = None


class GroupEvent(SQLModel, table=True):
    """One thing that happened in a group, once.

    ``detail`` (old and new words) is sealed as ``group_event.detail`` bound to
    ``chat_id/act/member_id``.
    """

    __tablename__: ClassVar[str] = "group_event"
    chat_id: str = Field(primary_key=True, max_length=64)
    at: datetime = Field(primary_key=True)
    act: str = Field(primary_key=True, max_length=16)
    member_id: str = Field(primary_key=True, default="", max_length=64)
    member_kind: str = Field(default="", max_length=8)
    quit_scene: int | None = None
    detail: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class GroupSync(SQLModel, table=True):
    """How far a synchronisation has come: the last owner of the batches done, then the cursor."""

    __tablename__: ClassVar[str] = "group_sync"
    name: str = Field(primary_key=True, max_length=40)
    owners_after: str = Field(default="", max_length=64)
    cursor: str = Field(default="", max_length=400)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    counts: dict[str, int] = Field(default_factory=dict, sa_type=Json)
