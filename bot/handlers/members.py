"""The bank's own directory changed: who may sign in and who is reached follows at once."""

from datetime import datetime

from bot.handlers.office import Office
from community import repository as groups_of
from crm_sync.handing_over import Giver
from crm_sync.repository.staff import staff_by_userids
from delivery.worklist import Work, open_work
from kit import ledger
from kit.web import sessions
from portfolio.handover import leavers
from wecom.events import DepartmentChanged, MemberChanged


async def changed(event: MemberChanged, digest: str, at: datetime, office: Office) -> None:
    """A member came, moved or left. One who left is signed out, and a handover is drafted."""
    async with office.database.transaction() as session:
        staff = (await staff_by_userids(session, [event.staff_id])).get(event.staff_id.lower())
        entry = ledger.Entry(
            kind="staff",
            act=f"member.{event.change}",
            actor="wecom",
            object=f"staff:{staff.staff_id if staff else event.staff_id}",
            unit=staff.unit_id if staff else "hq",
            request_id=digest[:32],
            payload={
                "new_userid": event.new_staff_id,
                "departments": list(event.departments or ()),
            },
        )
        await ledger.append(session, [entry], at=at)
        if event.change == "delete" and staff is not None:
            await sessions.end_all(session, staff.staff_id, at)
            giver = Giver(staff.staff_id, event.staff_id.lower(), staff.unit_id, False)
            chats = await groups_of.owned_by(session, event.staff_id.lower())
            run_id = await leavers.drafted(session, giver, origin="event", at=at, chat_ids=chats)
            if run_id is None:
                await open_work(
                    session,
                    [
                        Work(
                            key=f"leaver:{staff.staff_id}",
                            kind="staff_left",
                            title=leavers.TITLE,
                            why="该员工的企业微信账号已删除，本系统里名下没有客户，请核对",
                            unit_id=staff.unit_id,
                            staff_id=staff.staff_id,
                        )
                    ],
                    at=at,
                )


async def department_changed(
    event: DepartmentChanged, digest: str, at: datetime, office: Office
) -> None:
    """A department came, moved or went: kept in the record; units come from the bank's files."""
    async with office.database.transaction() as session:
        await ledger.append(
            session,
            [
                ledger.Entry(
                    kind="staff",
                    act=f"department.{event.change}",
                    actor="wecom",
                    object=f"department:{event.department_id}",
                    request_id=digest[:32],
                )
            ],
            at=at,
        )
