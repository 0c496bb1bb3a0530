"""What came in: one row a run, one row a rejected line, how far each source was read."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Integer, LargeBinary
from sqlmodel import Field, SQLModel

from kit.db import Json


class ImportRun(SQLModel, table=True):
    """One load: what it was, what became of its rows, who brought it.

    ``touched`` names the columns that it wrote; while images of the rows before it are kept it
    is ``revertible``. ``reverts`` is the run that this run took back.
    """

    __tablename__: ClassVar[str] = "import_run"
    id: int | None = Field(
        default=None,
        sa_column=Column(
            BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
        ),
    )
    kind: str = Field(max_length=20, index=True)
    file_name: str = Field(max_length=200)
    sha256: str = Field(max_length=64)
    mapping: str = Field(default="", max_length=80)
    source: str = Field(default="", max_length=80)
    source_date: str = Field(default="", max_length=10)
    origin: str = Field(default="file", max_length=8)  # file | sql | feed | revert
    state: str = Field(max_length=16)
    # running | applied | refused | dry_run | failed; reverted: taken back by a run in state revert
    touched: list[str] = Field(default_factory=list, sa_type=Json)
    revertible: bool = False
    reverts: int | None = Field(default=None, sa_type=BigInteger)
    watermark: str = Field(default="", max_length=80)
    watermark_before: str = Field(default="", max_length=80)
    refusal: dict[str, Any] = Field(default_factory=dict, sa_type=Json)
    counts: dict[str, int] = Field(default_factory=dict, sa_type=Json)
    by: str = Field(max_length=120)
    started_at: datetime
    finished_at: datetime | None = None


class ImportReject(SQLModel, table=True):
    """A line that was not taken, with the reason; the line itself is sealed.

    ``line_text`` is sealed as ``import_reject.line_text`` bound to ``run_id/line``.
    """

    __tablename__: ClassVar[str] = "import_reject"
    run_id: int = Field(primary_key=True, sa_type=BigInteger)
    line: int = Field(primary_key=True, sa_type=BigInteger)
    code: str = Field(max_length=16)
    column: str = Field(default="", max_length=80)
    reason: str = Field(max_length=300)
    line_text: bytes | None = Field(default=None, sa_column=Column(LargeBinary))


class ImportWatermark(SQLModel, table=True):
    """How far a kind of row was read from a source; rises only with a committed load."""

    __tablename__: ClassVar[str] = "import_watermark"
    source: str = Field(primary_key=True, max_length=80)
    kind: str = Field(primary_key=True, max_length=20)
    value: str = Field(max_length=80)  # as ``<type>:<text>``; see sources.watermarks
    run_id: int = Field(sa_type=BigInteger)
    at: datetime
