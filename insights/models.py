"""What insights keeps: outcomes of recomputing the record, and requests about personal data."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from kit.db import Json


class IntegrityCheck(SQLModel, table=True):
    """One full recomputation of a record (ledger or archive) and what did not prove itself."""

    __tablename__: ClassVar[str] = "integrity_check"
    record: str = Field(primary_key=True, max_length=16)  # ledger | archive
    at: datetime = Field(primary_key=True)
    took_ms: int
    chains: int  # streams of the ledger, pages of the archive
    entries: int  # entries of the ledger, messages of the archive
    sound: bool
    faults: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)


class PersonalRequest(SQLModel, table=True):
    """A person asked for their data or for its erasure (PIPL 45, 47); two members of staff act.

    ``basis`` says how the person asked and proved who they are. ``counts`` are rows by table.
    state: asked -> approved | refused; approved -> done.
    """

    __tablename__: ClassVar[str] = "personal_request"
    __table_args__ = (Index("ix_personal_request_state", "state", "asked_at"),)
    number: str = Field(primary_key=True, max_length=40)
    kind: str = Field(max_length=8)  # export | erase | readmit
    customer_id: int = Field(sa_type=BigInteger, index=True)
    unit_id: str = Field(max_length=32)
    basis: str = Field(max_length=400)
    state: str = Field(max_length=12)
    asked_by: str = Field(max_length=120)
    asked_at: datetime
    decided_by: str = Field(default="", max_length=120)
    decided_at: datetime | None = None
    opinion: str = Field(default="", max_length=400)
    done_at: datetime | None = None
    counts: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
