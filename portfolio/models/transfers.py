"""客户提升移交审批表: one form a customer and month."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel


class TransferForm(SQLModel, table=True):
    """A customer who has outgrown their manager's level, and every step until it is archived.

    ``sealed`` is the SHA-256 of the form as confirmed; from then on nothing of it changes
    (``form_lock``: the database itself refuses).
    """

    __tablename__: ClassVar[str] = "transfer_form"
    __table_args__ = (
        UniqueConstraint("month", "customer_id"),
        Index("ix_transfer_form_unit", "unit_id", "month", "id"),
        Index("ix_transfer_form_state", "state", "unit_id"),
        Index("ix_transfer_form_customer", "customer_id"),
    )
    id: int = Field(primary_key=True, sa_type=BigInteger)
    month: date  # its first day
    customer_id: int = Field(sa_type=BigInteger)
    unit_id: str = Field(max_length=32)
    average_fen: int = Field(sa_type=BigInteger)
    from_staff: str | None = Field(default=None, max_length=64)
    to_staff: str = Field(max_length=64)
    why: str = Field(max_length=200)
    state: str = Field(max_length=16)  # proposed approved introduced contacted confirmed refused
    author: str = Field(max_length=120)
    made_at: datetime
    decided_by: str = Field(default="", max_length=120)
    decided_at: datetime | None = None
    opinion: str = Field(default="", max_length=300)
    introduce_by: datetime | None = None
    introduced_at: datetime | None = None
    introduced_how: str = Field(default="", max_length=120)
    contact_by: datetime | None = None
    contacted_at: datetime | None = None
    contacted_how: str = Field(default="", max_length=120)
    overdue_at: datetime | None = None
    confirmed_by: str = Field(default="", max_length=120)
    confirmed_at: datetime | None = None
    sealed: str = Field(default="", max_length=64)
