"""What a customer said about a channel: rather this one, or not this one."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class ChannelWord(SQLModel, table=True):
    """A customer's word about one channel of policy ``channel_choice``; the last one holds."""

    __tablename__: ClassVar[str] = "channel_word"
    customer_id: int = Field(primary_key=True, sa_type=BigInteger)
    channel: str = Field(primary_key=True, max_length=16)
    word: str = Field(max_length=8)  # prefers | refuses
    source: str = Field(max_length=80)
    said_at: datetime
