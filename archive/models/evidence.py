"""Evidence packs: asked for by one person, allowed by another, built the same every time."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, LargeBinary
from sqlmodel import Field, SQLModel

from kit.db import Json


class EvidencePack(SQLModel, table=True):
    """One pack (证据包). ``title`` and ``decision`` (what the second person wrote) are sealed
    as ``evidence_pack.title`` and ``.decision`` bound to ``number``.
    """

    __tablename__: ClassVar[str] = "evidence_pack"
    number: str = Field(primary_key=True, max_length=16)
    title: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    purpose: str = Field(max_length=80)
    state: str = Field(max_length=12, index=True)  # requested -> approved | refused, -> built
    messages: int = 0
    requested_by: str = Field(max_length=120)
    requested_at: datetime
    decided_by: str = Field(default="", max_length=120)
    decided_at: datetime | None = None
    decision: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    built_at: datetime | None = None
    sha256: str = Field(default="", max_length=64)
    size: int = 0


class EvidenceItem(SQLModel, table=True):
    """A message that a pack holds, with the rules it broke; fixed when the pack is asked for."""

    __tablename__: ClassVar[str] = "evidence_item"
    number: str = Field(primary_key=True, max_length=16)
    msgid: str = Field(primary_key=True, max_length=128)
    seq: int = Field(sa_type=BigInteger)
    rules: list[str] = Field(default_factory=list, sa_type=Json)
