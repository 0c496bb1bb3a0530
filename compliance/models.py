"""What customers agreed to and refused, what the gate decided, and the bank's calendar."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, text
from sqlmodel import Field, SQLModel

from compliance.review.facts import CaseState, Source
from kit.db import Json, stored

_HOLDING = text("state IN ('lowered', 'raise_asked')")
WAITING = text("state = 'proposed'")
"""The white-list entries of which a customer has at most one for each product."""


def _row_id() -> Any:
    """A growing number as primary key, on both databases."""
    return Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )


class Consent(SQLModel, table=True):
    """What holds now for one customer and purpose. The newest decision by ``at`` wins."""

    __tablename__: ClassVar[str] = "consent"
    customer_id: int = Field(primary_key=True, sa_type=BigInteger)
    purpose: str = Field(primary_key=True, max_length=16)
    given: bool
    source: str = Field(max_length=80)
    notice: str = Field(default="", max_length=40)
    at: datetime


class ConsentChange(SQLModel, table=True):
    """Every decision a customer ever made about a purpose; only ever inserted.

    Rows that came together share a ``batch``; the digest of their content is in the ledger
    entry of that batch (``compliance.consent_batches``).
    """

    __tablename__: ClassVar[str] = "consent_change"
    __table_args__ = (Index("ix_consent_change_customer", "customer_id", "at"),)
    id: int | None = _row_id()
    batch: int = Field(sa_type=BigInteger, index=True)
    customer_id: int = Field(sa_type=BigInteger)
    purpose: str = Field(max_length=16)
    given: bool
    source: str = Field(max_length=80)
    notice: str = Field(default="", max_length=40)
    at: datetime
    recorded_at: datetime
    actor: str = Field(max_length=120)


class Suppression(SQLModel, table=True):
    """A scope in which a customer wants no word (勿扰), across managers and channels."""

    __tablename__: ClassVar[str] = "suppression"
    customer_id: int = Field(primary_key=True, sa_type=BigInteger)
    scope: str = Field(primary_key=True, max_length=16)
    source: str = Field(max_length=80)
    reason: str = Field(max_length=400)
    since: datetime
    actor: str = Field(max_length=120)
    lift_asked_by: str | None = Field(default=None, max_length=120)
    lift_reason: str | None = Field(default=None, max_length=400)
    lifted_at: datetime | None = None


class ContactSilence(SQLModel, table=True):
    """A scope in which a WeCom contact wants no word, known to us as a customer or not.

    Because somebody who opts out before they are matched must stay opted out afterwards.
    """

    __tablename__: ClassVar[str] = "contact_silence"
    external_userid: str = Field(primary_key=True, max_length=64)
    scope: str = Field(primary_key=True, max_length=16)
    source: str = Field(max_length=80)
    since: datetime
    actor: str = Field(max_length=120)
    lifted_at: datetime | None = None


class ComplaintFreeze(SQLModel, table=True):
    """A complaint in hand: no marketing until it is closed."""

    __tablename__: ClassVar[str] = "complaint_freeze"
    complaint_no: str = Field(primary_key=True, max_length=64)
    customer_id: int = Field(sa_type=BigInteger, index=True)
    opened_at: datetime
    closed_at: datetime | None = None
    source: str = Field(max_length=80)


class ComplaintCase(SQLModel, table=True):
    """A complaint and what became of it; its number is that of the freeze it brought.

    What was said, answered and decided is sealed as ``complaint_case.<column>`` bound to the
    number.
    """

    __tablename__: ClassVar[str] = "complaint_case"
    __table_args__ = (
        Index("ix_complaint_case_state", "state", "opened_at"),
        Index("ix_complaint_case_contact", "external_userid", "opened_at"),
    )
    complaint_no: str = Field(primary_key=True, max_length=64)
    state: str = Field(max_length=12)  # opened -> in_hand -> answered -> closed
    about: str = Field(max_length=16)
    words: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    words_hash: str = Field(max_length=64, index=True)
    source: str = Field(max_length=80)
    customer_id: int | None = Field(default=None, sa_type=BigInteger, index=True)
    external_userid: str = Field(default="", max_length=64)
    unit_id: str = Field(max_length=32, index=True)
    opened_at: datetime
    due_on: date
    handler: str = Field(default="", max_length=120)
    answer: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    answered_at: datetime | None = None
    closed_by: str = Field(default="", max_length=120)
    closed_at: datetime | None = None
    closing: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class AllowEntry(SQLModel, table=True):
    """One customer on the white list of one product, proposed by one and approved by another.

    At most one waits for a customer and product: an index says so, because two may ask at once.
    """

    __tablename__: ClassVar[str] = "allow_entry"
    __table_args__ = (
        Index("ix_allow_entry_list", "product_code", "state", "expires_on"),
        Index(
            "ix_allow_entry_waiting",
            "product_code",
            "customer_id",
            unique=True,
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
    )
    id: int | None = _row_id()
    product_code: str = Field(max_length=64)
    customer_id: int = Field(sa_type=BigInteger)
    state: str = Field(max_length=16)  # proposed | approved | refused | revoked
    reason: str = Field(max_length=400)
    expires_on: date
    proposed_by: str = Field(max_length=120)
    proposed_at: datetime
    decided_by: str | None = Field(default=None, max_length=120)
    decided_at: datetime | None = None
    opinion: str = Field(default="", max_length=400)


class Holiday(SQLModel, table=True):
    """One day that differs from what the calendar library says, or that it does not know.

    A day may be a holiday and quiet at once, never a holiday and a workday.
    """

    __tablename__: ClassVar[str] = "holiday"
    day: date = Field(primary_key=True)
    kind: str = Field(primary_key=True, max_length=16)  # holiday | workday | quiet
    name: str = Field(default="", max_length=40)
    source: str = Field(max_length=200)


class Decision(SQLModel, table=True):
    """What the gate said about one draft; partitioned by month."""

    __tablename__: ClassVar[str] = "decision"
    __table_args__ = (
        Index("ix_decision_customer", "customer_id", "at"),
        Index("ix_decision_at", "at"),
        {"postgresql_partition_by": "RANGE (at)"},
    )
    key: str = Field(primary_key=True, max_length=200)
    at: datetime = Field(primary_key=True)
    customer_id: int | None = Field(default=None, sa_type=BigInteger)
    channel: str = Field(max_length=16)
    purpose: str = Field(max_length=16)
    script: str = Field(max_length=120)
    verdict: str = Field(max_length=8)
    objections: list[str] = Field(default_factory=list, sa_type=Json)
    details: dict[str, str] = Field(default_factory=dict, sa_type=Json)
    text_hash: str = Field(max_length=64)
    rulebook: str = Field(max_length=64)


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


class FenceState(SQLModel, table=True):
    """One of our rules: what is wanted, what WeCom had when we looked, the last step and its end."""

    __tablename__: ClassVar[str] = "fence_rule"
    name: str = Field(primary_key=True, max_length=40)
    rule_id: str = Field(default="", max_length=64)
    words: int
    action: str = Field(max_length=8)  # block | warn
    departments: list[int] = Field(default_factory=list, sa_type=Json)
    staff: list[str] = Field(default_factory=list, sa_type=Json)
    state: str = Field(max_length=12)  # in_step | differs | missing | surplus | unknown | refused
    difference: str = Field(default="", max_length=200)
    last_step: str = Field(default="", max_length=8)  # add | update | delete
    stepped_at: datetime | None = None
    looked_at: datetime
