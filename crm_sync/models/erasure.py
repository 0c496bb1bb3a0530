"""Who asked to be forgotten: keyed hashes alone, so that a later file does not bring them back."""

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field, SQLModel


class ErasedPerson(SQLModel, table=True):
    """A customer number or a WeCom contact whose data were erased; ``hash`` is keyed."""

    __tablename__: ClassVar[str] = "erased_person"
    kind: str = Field(primary_key=True, max_length=16)  # customer | contact
    hash: str = Field(primary_key=True, max_length=32)
    erased_at: datetime
    request: str = Field(max_length=40)
