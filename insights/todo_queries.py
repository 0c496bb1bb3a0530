"""What a list of to-dos is asked for, and the one way from there to conditions."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from delivery.repository import todo_lists
from delivery.repository.todo_lists import BACK, STATES, Wanted
from delivery.repository.undone_reasons import ANY, TEXTS
from kit.clock import bank_date


@dataclass(frozen=True, slots=True)
class TodoQuery:
    """The filters of the task list as they stand in its address; empty means any.

    ``state``: a name of ``todo_lists.STATES``. ``late`` 1: waiting, and due before today.
    ``why``: not done for that reason (``undone_reasons.TEXTS``), ``any`` for whatever reason.
    ``start``, ``end``: due in these days (``from`` and ``to`` in the address).
    """

    unit: str = ""
    trigger: str = ""
    staff: str = ""
    state: str = ""
    late: str = ""
    outcome: str = ""
    seen: str = ""
    start: str = ""
    end: str = ""
    back: str = ""
    campaign: str = ""
    why: str = ""

    @property
    def kept(self) -> Mapping[str, str]:
        """The filters for the next address, under the names the page uses."""
        names = {"start": "from", "end": "to"}
        return {names.get(name, name): value for name, value in asdict(self).items() if value}


def wanted(
    query: TodoQuery,
    units: frozenset[str] | None,
    at: datetime,
    *,
    first: date | None = None,
    last: date | None = None,
) -> Wanted:
    """The conditions of a query within ``units``; ``first`` and ``last`` are its days, parsed."""
    return Wanted(
        units=units,
        states=STATES.get(query.state),
        trigger=query.trigger or None,
        staff_id=query.staff or None,
        due_from=first,
        due_to=last,
        late_on=bank_date(at) if query.late == "1" else None,
        seen={"1": True, "0": False}.get(query.seen),
        outcome=query.outcome or None,
        back=query.back if query.back in BACK else None,
        campaign=query.campaign or None,
        why=query.why if query.why in (ANY, *TEXTS) else None,
        today=bank_date(at),
    )


async def count(
    session: AsyncSession,
    query: TodoQuery,
    units: frozenset[str] | None,
    at: datetime,
    *,
    first: date | None = None,
    last: date | None = None,
) -> int:
    """How many to-dos a query finds: the number on a page and the length of its list."""
    return await todo_lists.count(session, wanted(query, units, at, first=first, last=last))
