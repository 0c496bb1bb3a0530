"""The review desk's tables: cases, lessons out of their decisions, rules that were lowered."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from compliance.review.facts import CaseState, Source
from kit.db import Json, stored

_HOLDING = text("state IN ('lowered', 'raise_asked')")


class ScreeningCase(SQLModel, table=True):
    """One rule that stopped one text. ``said`` is sealed as ``screening_case.said`` bound to ``id``."""

    __tablename__: ClassVar[str] = "screening_case"
    __table_args__ = (
        Index("ix_screening_case_queue", "state", "due_at", "id"),
        Index("ix_screening_case_rule", "rule", "rulebook", "decided_at"),
        Index("ix_screening_case_object", "object"),
        Index("ix_screening_case_customer", "customer_id", "state"),
        Index("ix_screening_case_decided_at", "decided_at"),
    )
    id: int = Field(primary_key=True, sa_type=BigInteger)
    key: str = Field(max_length=220, unique=True)
    source: Source = Field(sa_type=stored(Source))
    object: str = Field(max_length=160)
    rule: str = Field(max_length=40)
    family: str = Field(max_length=40)
    severity: str = Field(max_length=8)  # block | review
    rulebook: str = Field(max_length=64)
    speaker: str = Field(max_length=8)
    product: str | None = Field(default=None, max_length=16)
    said: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    text_hash: str = Field(max_length=64)
    spans: list[list[int]] = Field(default_factory=list, sa_type=Json)
    level: int = 1
    state: CaseState = Field(default=CaseState.OPEN, sa_type=stored(CaseState))
    unit_id: str = Field(default="hq", max_length=32)
    author: str = Field(default="", max_length=120)
    customer_id: int | None = Field(default=None, sa_type=BigInteger)
    external_userid: str | None = Field(default=None, max_length=64)
    opened_at: datetime
    due_at: datetime
    decided_by: str = Field(default="", max_length=120)
    decided_at: datetime | None = None
    reason: str = Field(default="", max_length=400)


class ScreeningLesson(SQLModel, table=True):
    """A labelled sentence out of a decision, personal data masked, for the rulebook's lessons.

    ``said`` is sealed as ``screening_lesson.said`` bound to ``case_id``.
    """

    __tablename__: ClassVar[str] = "screening_lesson"
    case_id: int = Field(primary_key=True, sa_type=BigInteger)
    rule: str = Field(max_length=40, index=True)
    family: str | None = Field(default=None, max_length=40)
    speaker: str = Field(max_length=8)
    product: str | None = Field(default=None, max_length=16)
    verdict: str = Field(max_length=8)  # pass | review | block
    said: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_by: str = Field(max_length=120)
    made_at: datetime


class ScreeningLowering(SQLModel, table=True):
    """A rule lowered from block to review because it stopped too much; raised by two people.

    At most one holds for a rule: an index says so, because jobs and people may act at once.
    """

    __tablename__: ClassVar[str] = "screening_lowering"
    __table_args__ = (
        Index(
            "ix_screening_lowering_holding",
            "rule",
            unique=True,
            sqlite_where=_HOLDING,
            postgresql_where=_HOLDING,
        ),
    )
    id: int = Field(primary_key=True, sa_type=BigInteger)
    rule: str = Field(max_length=40)
    rulebook: str = Field(max_length=64)
    state: str = Field(max_length=12)  # lowered -> raise_asked -> raised | lowered
    why: str = Field(max_length=400)
    released: int
    decided: int
    lowered_by: str = Field(max_length=120)
    lowered_at: datetime
    raise_asked_by: str = Field(default="", max_length=120)
    raise_asked_at: datetime | None = None
    raise_reason: str = Field(default="", max_length=400)
    raised_by: str = Field(default="", max_length=120)
    raised_at: datetime | None = None
    raise_opinion: str = Field(default="", max_length=400)
