"""Corp tags changed in the console: our picture of them is read anew by the tag job."""

from datetime import datetime

from bot.handlers.office import Office
from wecom.events import TagChanged


async def changed(event: TagChanged, digest: str, at: datetime, office: Office) -> None:
    """Something about tags changed: whoever keeps them in step reads the list."""
    office.tags_changed()
