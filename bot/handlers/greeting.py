"""Queues the welcome of one new contact: by the fast lane, and again by the inbox, once in all.

Because a process may die between the answer to WeCom and the greeting, the event that was kept
greets as well. Whoever comes first takes the key; the other finds it taken. What comes too late
expires in the outbox and is recorded there, so no welcome is ever forgotten.
"""

from datetime import datetime

from bot.handlers.office import Office
from crm_sync.repository.staff import staff_by_userids
from delivery import welcome
from delivery.intents import Outcome, Submission
from kit import ledger
from wecom.events import ArchiveAgreed, ContactAdded


async def queue(
    event: ContactAdded | ArchiveAgreed, at: datetime, office: Office
) -> tuple[Submission, int | None]:
    """Judge and queue one welcome; what the door did, and the outbox row when it is new."""
    async with office.database.transaction() as session:
        staff = (await staff_by_userids(session, [event.staff_id])).get(event.staff_id.lower())
        submission, call_id = await welcome.submit(
            session,
            welcome_code=event.welcome_code,
            external_userid=event.external_userid,
            staff=staff,
            added_at=min(event.at or at, at),
            at=at,
            desk=office.desk,
        )
        if submission.outcome not in (Outcome.QUEUED, Outcome.REPEATED):
            await ledger.append(
                session,
                [
                    ledger.Entry(
                        kind="send",
                        act="welcome.missed",
                        actor="system:welcome",
                        object=f"contact:{event.external_userid}",
                        unit=staff.unit_id if staff else "hq",
                        reason=",".join(submission.objections) or submission.detail,
                    )
                ],
                at=at,
            )
    return submission, call_id
