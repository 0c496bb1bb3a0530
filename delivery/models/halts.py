"""Campaigns that were stopped: one row, looked at by everything that is about to leave."""

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field, SQLModel


class CampaignHalt(SQLModel, table=True):
    """Nothing of this campaign leaves any more. ``swept_at``: its queues are empty."""

    __tablename__: ClassVar[str] = "campaign_halt"
    campaign: str = Field(primary_key=True, max_length=40)
    at: datetime
    by: str = Field(max_length=120)
    reason: str = Field(max_length=400)
    swept_at: datetime | None = None
