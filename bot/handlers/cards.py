"""A member clicked a card that we sent."""

from datetime import datetime

from bot.handlers.office import Office
from crm_sync.repository.staff import staff_by_userids
from kit import ledger
from wecom.events import TemplateCardClicked


async def clicked(event: TemplateCardClicked, digest: str, at: datetime, office: Office) -> None:
    """The morning card was opened: recorded, so that 'read' is a fact and no guess."""
    async with office.database.transaction() as session:
        staff = (await staff_by_userids(session, [event.staff_id])).get(event.staff_id.lower())
        await ledger.append(
            session,
            [
                ledger.Entry(
                    kind="send",
                    act="card.clicked",
                    actor=f"staff:{staff.staff_id if staff else event.staff_id}",
                    object=f"card:{event.task_id}"[:160],
                    unit=staff.unit_id if staff else "hq",
                    request_id=digest[:32],
                    payload={"key": event.event_key, "selected": dict(event.selected)},
                )
            ],
            at=event.at or at,
        )
