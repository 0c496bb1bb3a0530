"""The session archive: new messages wait, or a contact agreed to being archived."""

from datetime import datetime

from bot.handlers import greeting
from bot.handlers.office import Office
from crm_sync import contacts
from wecom.events import ArchiveAgreed, ArchiveNotice


async def notice(event: ArchiveNotice, digest: str, at: datetime, office: Office) -> None:
    """Messages wait at WeCom: wake whoever pulls them."""
    office.archive_arrived()


async def agreed(event: ArchiveAgreed, digest: str, at: datetime, office: Office) -> None:
    """A contact agreed to the archive; some corps may greet only now."""
    if event.welcome_code:
        await greeting.queue(event, at, office)
    async with office.database.transaction() as session:
        await contacts.note_archive_consent(
            session, event.external_userid, True, event.at or at, request_id=digest[:32]
        )
