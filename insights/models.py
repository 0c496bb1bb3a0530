"""What insights keeps: the outcome of recomputing the record, newest first by moment."""

from datetime import datetime
from typing import Any, ClassVar

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
