"""Which contacts wrote to us since a moment: that they wrote, never what."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlmodel import col

from archive.models import ArchivedMessage


def wrote_since(since: datetime) -> Select[Any]:
    """The contacts (``external_userid``) who wrote in a single chat since."""
    return (
        select(col(ArchivedMessage.from_id).label("external_userid"))
        .where(
            col(ArchivedMessage.sent_at) >= since,
            col(ArchivedMessage.from_kind) == "customer",
            col(ArchivedMessage.room_id) == "",
            col(ArchivedMessage.action) == "send",
        )
        .distinct()
    )
