"""Persona memberships (客群), each explained, and the corp tags that show them in WeCom."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Index
from sqlmodel import Field, SQLModel

from kit.db import Json


class PersonaMembership(SQLModel, table=True):
    """A customer belongs to a persona, because of ``evidence``, until ``expires_at``.

    ``evidence`` is read by ``rules.evidence.sayings``; it is kept as the text it was written as,
    because a million rows are compared with it letter by letter. ``by_hand``: a person gave it; ``heard``:
    it stands on traces of interest (too).
    """

    __tablename__: ClassVar[str] = "persona_membership"
    __table_args__ = (Index("ix_persona_membership_persona", "persona", "customer_id"),)
    customer_id: int = Field(primary_key=True, sa_type=BigInteger)
    persona: str = Field(primary_key=True, max_length=40)
    source: str = Field(max_length=16)  # crm | self | group | behavior | chat | hand
    confidence: int  # per cent
    evidence: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    rule_version: str = Field(max_length=64)
    by_hand: bool = False
    heard: bool = False
    is_primary: bool = False
    since: datetime
    expires_at: datetime | None = None


class WecomTag(SQLModel, table=True):
    """A corp tag. ``ours`` means this app made it and may change it; ours without a persona shows
    one thing to the pairs of ``TagPair``."""

    __tablename__: ClassVar[str] = "wecom_tag"
    tag_id: str = Field(primary_key=True, max_length=64)
    group_id: str = Field(max_length=64)
    group_name: str = Field(max_length=40)
    name: str = Field(max_length=40)
    persona: str | None = Field(default=None, max_length=40, index=True)
    ours: bool = False
    synced_at: datetime
    removed_at: datetime | None = None


class TagWrite(SQLModel, table=True):
    """Tags that a pair (member, contact) should get or lose; one row a pair, so never two at once."""

    __tablename__: ClassVar[str] = "tag_write"
    userid: str = Field(primary_key=True, max_length=64)
    external_userid: str = Field(primary_key=True, max_length=64)
    add_tags: list[str] = Field(default_factory=list, sa_type=Json)
    remove_tags: list[str] = Field(default_factory=list, sa_type=Json)
    asked_at: datetime
    attempts: int = 0
    due_at: datetime = Field(index=True)
    leased_until: datetime | None = None
    last_error: str = Field(default="", max_length=200)


class TagPair(SQLModel, table=True):
    """A tag that shows one thing to a list (朋友圈) is to stand on this pair, and on no other."""

    __tablename__: ClassVar[str] = "tag_pair"
    __table_args__ = (Index("ix_tag_pair_contact", "external_userid"),)
    tag_id: str = Field(primary_key=True, max_length=64)
    userid: str = Field(primary_key=True, max_length=64)
    external_userid: str = Field(primary_key=True, max_length=64)
    since: datetime


class PersonaRefusal(SQLModel, table=True):
    """A persona that was taken off a customer on request: not inferred again before ``until``."""

    __tablename__: ClassVar[str] = "persona_refusal"
    customer_id: int = Field(primary_key=True, sa_type=BigInteger)
    persona: str = Field(primary_key=True, max_length=40)
    refused_at: datetime
    until: datetime
    by: str = Field(max_length=120)
    reason: str = Field(default="", max_length=200)
