"""Corp moments (企业朋友圈): the task, its calls to WeCom, who publishes, who may see it."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer
from sqlmodel import Field, SQLModel

from kit.db import Json


class MomentTask(SQLModel, table=True):
    """One approved text for one list of customers on one day. The text names nobody.

    state: proposed -> approved | refused | stopped; approved -> listed (names are drawn, the gate
    has judged, tags are being written) | failed | stopped; listed -> over | stopped.
    ``approved_hash`` binds the approval to every field ``rules.digest`` reads.
    """

    __tablename__: ClassVar[str] = "moment_task"
    __table_args__ = (Index("ix_moment_task_state", "state", "starts_at"),)
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    title: str = Field(max_length=60)
    unit_id: str = Field(max_length=32, index=True)
    purpose: str = Field(max_length=16)
    script_version_id: int = Field(sa_type=BigInteger)
    script_code: str = Field(max_length=64)
    script_version: int
    script_hash: str = Field(max_length=64)
    text: str = Field(max_length=4_000)
    materials: list[str] = Field(default_factory=list, sa_type=Json)
    audience_kind: str = Field(max_length=8)  # persona | segment
    audience: str = Field(max_length=40)
    audience_title: str = Field(default="", max_length=60)
    units: list[str] = Field(default_factory=list, sa_type=Json)
    staff_ids: list[str] = Field(default_factory=list, sa_type=Json)
    channel_reason: str = Field(default="", max_length=400)
    starts_at: datetime
    ends_at: datetime
    state: str = Field(max_length=12)
    preview: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    tag_name: str = Field(max_length=30)
    tag_id: str = Field(default="", max_length=64, index=True)
    tag_ends_on: date | None = None
    tries: int = 0  # how often drawing up its list went wrong
    proposed_by: str = Field(max_length=120)
    proposed_at: datetime
    decided_by: str | None = Field(default=None, max_length=120)
    decided_at: datetime | None = None
    opinion: str = Field(default="", max_length=400)
    approved_hash: str = Field(default="", max_length=64)
    listed_at: datetime | None = None
    stopped_by: str | None = Field(default=None, max_length=120)
    over_at: datetime | None = None
    cause: str = Field(default="", max_length=400)


class MomentPart(SQLModel, table=True):
    """One call to WeCom for some of the members.

    state: queued -> created | unknown | failed | cancelled; created -> ended.
    ``departed_at``: the call was let go then. ``stop_asked_at``: what is not published yet is to
    be taken back at WeCom, ``stopped_at`` when that was done. ``task_cursor``: how far WeCom's list
    of who has published was read, where a reading was broken off.
    """

    __tablename__: ClassVar[str] = "moment_part"
    __table_args__ = (
        Index("ix_moment_part_task", "task_id", "number"),
        Index("ix_moment_part_state", "state", "next_poll_at"),
    )
    id: int = Field(primary_key=True, sa_type=BigInteger)
    task_id: int = Field(sa_type=BigInteger)
    number: int
    unit_id: str = Field(max_length=32)
    state: str = Field(max_length=12)
    outbox_id: int | None = Field(default=None, sa_type=BigInteger, index=True)
    jobid: str = Field(default="", max_length=128)
    moment_id: str = Field(default="", max_length=128, index=True)
    due_at: datetime
    ends_at: datetime
    departed_at: datetime | None = None
    created_at: datetime
    next_poll_at: datetime | None = None
    poll_until: datetime | None = None
    stop_asked_at: datetime | None = None
    stopped_at: datetime | None = None
    task_cursor: str = Field(default="", max_length=1024)
    cause: str = Field(default="", max_length=400)


class MomentSender(SQLModel, table=True):
    """A member of a part: state waiting -> published | missed | stopped | refused.

    ``reading``: empty until WeCom says that they published; then which of their lists is read next,
    may_see -> reached -> whole, and ``read_cursor`` how far.
    """

    __tablename__: ClassVar[str] = "moment_sender"
    __table_args__ = (Index("ix_moment_sender_staff", "staff_id", "state"),)
    part_id: int = Field(primary_key=True, sa_type=BigInteger)
    userid: str = Field(primary_key=True, max_length=64)
    task_id: int = Field(sa_type=BigInteger, index=True)
    staff_id: str = Field(max_length=64)
    unit_id: str = Field(max_length=32)
    state: str = Field(default="waiting", max_length=12)
    seen_at: datetime | None = None
    reading: str = Field(default="", max_length=12)
    read_cursor: str = Field(default="", max_length=1024)


class MomentSeen(SQLModel, table=True):
    """A contact to whom WeCom shows a member's moment, kept until the member's lists are whole."""

    __tablename__: ClassVar[str] = "moment_seen"
    __table_args__ = (Index("ix_moment_seen_contact", "external_userid"),)
    part_id: int = Field(primary_key=True, sa_type=BigInteger)
    userid: str = Field(primary_key=True, max_length=64)
    external_userid: str = Field(primary_key=True, max_length=64)


class MomentReader(SQLModel, table=True):
    """A customer whom the audience holds, and what became of that.

    state: planned -> excluded (the gate, a cap, or what ``reasons`` says) | withdrawn (before the
    call) | late (after it; the tag is taken off) | shown (WeCom says so) | missed (nobody published
    it) | extra (WeCom shows it to them although they are not on the list).
    """

    __tablename__: ClassVar[str] = "moment_reader"
    __table_args__ = (
        Index("ix_moment_reader_customer", "customer_id", "task_id"),
        Index("ix_moment_reader_state", "task_id", "state", "customer_id"),
        Index("ix_moment_reader_part", "part_id", "state"),
        Index("ix_moment_reader_key", "key"),
    )
    task_id: int = Field(primary_key=True, sa_type=BigInteger)
    customer_id: int = Field(primary_key=True, sa_type=BigInteger)
    external_userid: str = Field(default="", max_length=64)
    userid: str = Field(default="", max_length=64)
    staff_id: str = Field(default="", max_length=64)
    unit_id: str = Field(max_length=32)
    key: str = Field(max_length=160)
    purpose: str = Field(max_length=16)
    script_version_id: int = Field(sa_type=BigInteger)
    part_id: int | None = Field(default=None, sa_type=BigInteger)
    state: str = Field(max_length=12)
    reasons: str = Field(default="", max_length=200)
    shown_at: datetime | None = None
