"""The library's tables. A change of wording is a new row; a step once taken stays."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from content_library.facts import Library, State
from kit.db import Json, stored


def _row_id() -> Any:
    """A growing number as primary key, on both databases."""
    return Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )


class ScriptVersion(SQLModel, table=True):
    """One wording of one item of the four libraries, with everything its approval covers.

    Named after scripts, the first library; articles, materials and product cards live by the
    same steps and are rows of this table, told apart by ``library``.
    """

    __tablename__: ClassVar[str] = "script_version"
    __table_args__ = (
        UniqueConstraint("code", "version"),
        Index("ix_script_version_scene", "scene", "state"),
        Index("ix_script_version_state", "state", "submitted_at"),
        Index("ix_script_version_library", "library", "code"),
        Index("ix_script_version_product", "product_code"),
    )
    id: int | None = _row_id()
    code: str = Field(max_length=64)
    version: int
    title: str = Field(max_length=60)
    scene: str = Field(max_length=64)
    purpose: str = Field(max_length=16)
    form: str = Field(max_length=16)
    persona: str | None = Field(default=None, max_length=40)
    template: str
    product_kind: str | None = Field(default=None, max_length=16)
    product_code: str | None = Field(default=None, max_length=64)
    tiers: list[str] = Field(default_factory=list, sa_type=Json)
    personas: list[str] = Field(default_factory=list, sa_type=Json)
    licence: str | None = Field(default=None, max_length=40)
    valid_from: date | None = None
    valid_until: date | None = None
    library: Library = Field(default=Library.SCRIPT, sa_type=stored(Library))
    timing: list[str] = Field(default_factory=list, sa_type=Json)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    state: State = Field(sa_type=stored(State))
    author: str = Field(max_length=120)
    created_at: datetime
    submitted_by: str | None = Field(default=None, max_length=120)
    submitted_at: datetime | None = None
    submit_reason: str = Field(default="", max_length=400)
    sample: str = ""
    findings: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    checked_by: str | None = Field(default=None, max_length=120)  # the first of two levels
    checked_at: datetime | None = None
    check_opinion: str = Field(default="", max_length=400)
    checked_hash: str | None = Field(default=None, max_length=64)
    decided_by: str | None = Field(default=None, max_length=120)
    decided_at: datetime | None = None
    opinion: str = Field(default="", max_length=400)
    approved_hash: str | None = Field(default=None, max_length=64)
    accepted_rules: list[str] = Field(default_factory=list, sa_type=Json)
    retired_at: datetime | None = None
    retire_reason: str = Field(default="", max_length=400)


class ScriptStep(SQLModel, table=True):
    """One step in the life of a version; only ever inserted."""

    __tablename__: ClassVar[str] = "script_step"
    __table_args__ = (Index("ix_script_step_version", "version_id", "id"),)
    id: int | None = _row_id()
    version_id: int = Field(sa_type=BigInteger)
    act: str = Field(max_length=32)
    by: str = Field(max_length=120)
    at: datetime
    saying: str = Field(default="", max_length=400)
    template_hash: str = Field(max_length=64)


class MaterialFile(SQLModel, table=True):
    """The bytes of a material, once for every content: ``digest`` is their SHA-256."""

    __tablename__: ClassVar[str] = "material_file"
    digest: str = Field(primary_key=True, max_length=64)
    kind: str = Field(max_length=16)  # image | video | file
    content_type: str = Field(max_length=80)
    suffix: str = Field(max_length=8)
    size: int
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    added_by: str = Field(max_length=120)
    added_at: datetime


class MaterialUpload(SQLModel, table=True):
    """A file as WeCom has it. ``use`` is message or moment: each is uploaded by its own call.

    ``media_id`` lives three days from ``created_at``, which WeCom says; ``failures`` counts the
    tries since the last upload that went well.
    """

    __tablename__: ClassVar[str] = "material_upload"
    digest: str = Field(primary_key=True, max_length=64)
    use: str = Field(primary_key=True, max_length=16)
    media_id: str = Field(default="", max_length=256)
    created_at: datetime | None = None
    failures: int = 0
    failed_at: datetime | None = None
    problem: str = Field(default="", max_length=200)
