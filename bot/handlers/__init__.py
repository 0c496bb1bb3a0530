"""One function per WeCom event, found by its kind; a kind without one stays unhandled."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

from bot.handlers import archive, cards, contacts, groups, members, tags
from bot.handlers.office import Office
from wecom.events import Event

Handler = Callable[[Any, str, datetime, Office], Awaitable[None]]

HANDLERS: Final[Mapping[str, Handler]] = {
    "contact.added": contacts.added,
    "contact.edited": contacts.edited,
    "contact.deleted": contacts.deleted_by_staff,
    "contact.follow_user_deleted": contacts.deleted_by_customer,
    "contact.transfer_failed": contacts.transfer_failed,
    "archive.agreed": archive.agreed,
    "archive.notice": archive.notice,
    "group.created": groups.changed,
    "group.updated": groups.changed,
    "group.dismissed": groups.dismissed,
    "tag.changed": tags.changed,
    "member.changed": members.changed,
    "department.changed": members.department_changed,
    "card.clicked": cards.clicked,
}


def handle_with(office: Office) -> Callable[[Event, str, datetime], Awaitable[bool]]:
    """The inbox worker's ``Handle``: each event to its function, False where there is none."""

    async def handle(event: Event, digest: str, at: datetime) -> bool:
        handler = HANDLERS.get(event.kind)
        if handler is None:
            return False
        await handler(event, digest, at, office)
        return True

    return handle


__all__ = ["HANDLERS", "Office", "handle_with"]
