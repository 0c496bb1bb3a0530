"""A customer who proves who they are: the visit, the codes, how often it was tried."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer
from sqlmodel import Field, SQLModel

from kit.db import Json


class LinkVisit(SQLModel, table=True):
    """One browser of one WeChat identity on the way; the cookie's token only as a hash.

    ``result`` is what the last page may show: bound, review or empty.
    """

    __tablename__: ClassVar[str] = "link_visit"
    token_hash: str = Field(primary_key=True, max_length=64)
    external_userid: str = Field(max_length=64, index=True)
    began_at: datetime
    ends_at: datetime
    ended_at: datetime | None = None
    result: str = Field(default="", max_length=16)


class LinkCode(SQLModel, table=True):
    """A one-time code that was asked for, whoever the number belongs to.

    ``phone_hash`` and ``code_hash`` are keyed hashes; the code is bound to ``salt``.
    ``candidates`` are the customers of that number, ``named`` the one whose name was given too.
    A number that nobody has leaves the same row: its code was sent to nobody.
    """

    __tablename__: ClassVar[str] = "link_code"
    __table_args__ = (Index("ix_link_code_visit_hash", "visit_hash", "id"),)
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    visit_hash: str = Field(max_length=64)
    external_userid: str = Field(max_length=64)
    phone_hash: str = Field(max_length=32)
    salt: str = Field(max_length=32)
    code_hash: str = Field(max_length=32)
    candidates: list[int] = Field(default_factory=list, sa_type=Json)
    named: int | None = Field(default=None, sa_type=BigInteger)
    consents: list[str] = Field(default_factory=list, sa_type=Json)
    notice: str = Field(max_length=40)
    guesses: int = 0
    asked_at: datetime = Field(index=True)
    expires_at: datetime
    ended_at: datetime | None = None  # used, or replaced by a newer one


class LinkTry(SQLModel, table=True):
    """How often something was tried in one window, by one identity, phone or address."""

    __tablename__: ClassVar[str] = "link_try"
    what: str = Field(primary_key=True, max_length=8)  # ask | guess
    by: str = Field(primary_key=True, max_length=8)  # identity | phone | address
    key_hash: str = Field(primary_key=True, max_length=32)
    minutes: int = Field(primary_key=True)
    since: datetime = Field(primary_key=True)
    tries: int = 0
