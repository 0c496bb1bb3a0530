"""The bank's own directory changed: who may sign in and who is reached follows at once."""

from datetime import datetime

from bot.handlers.office import Office
from crm_sync.repository.staff import staff_by_userids
from delivery.worklist import Work, open_work
from kit import ledger
from kit.web import sessions
from wecom.events import DepartmentChanged, MemberChanged


async def changed(event: MemberChanged, digest: str, at: datetime, office: Office) -> None:
    """A member came, moved or left. One who left is signed out everywhere at once."""
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
            await open_work(
                session,
                [
                    Work(
                        key=f"leaver:{staff.staff_id}",
                        kind="staff_left",
                        title="员工已离开企业微信，客户需要移交",
                        why="该员工的企业微信账号已删除，名下客户要尽快指定接手人",
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
