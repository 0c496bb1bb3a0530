"""Cards of customer managers and the certificates on which they stand."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel

from kit.db import Json


class StaffCard(SQLModel, table=True):
    """What a manager's card says; whether it is shown depends on the certificates alone."""

    __tablename__: ClassVar[str] = "staff_card"
    staff_id: str = Field(primary_key=True, max_length=64)
    title: str = Field(max_length=40)
    specialties: list[str] = Field(default_factory=list, sa_type=Json)
    intro: str = Field(default="", max_length=200)
    portrait: str = Field(default="", max_length=64)  # the code of a material (image)
    written_by: str = Field(max_length=120)
    written_at: datetime


class StaffCertificate(SQLModel, table=True):
    """One certificate: entered by one person, verified by another, good until its last day."""

    __tablename__: ClassVar[str] = "staff_certificate"
    __table_args__ = (UniqueConstraint("staff_id", "kind", "number"),)
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    staff_id: str = Field(max_length=64, index=True)
    kind: str = Field(max_length=40)
    number: str = Field(max_length=40)
    valid_until: date
    issuer: str = Field(default="", max_length=80)
    licence: str = Field(default="", max_length=20)  # the licence of the staff file it stands for
    entered_by: str = Field(max_length=120)
    entered_at: datetime
    decided_by: str | None = Field(default=None, max_length=120)
    decided_at: datetime | None = None
    verified: bool = False
    opinion: str = Field(default="", max_length=200)
