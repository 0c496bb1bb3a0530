"""What goes to a customer's telephone number, right before it goes: a text message or a call.

The words and the number are read at that moment, so that who withdrew, said no to the way or was
erased since the plan is told nothing, and a no that is being written takes turns with it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from compliance.facts import Channel
from crm_sync.channel_words import words_of
from crm_sync.repository.people import people, phones
from delivery import halting, judging
from delivery.again import intent_of
from delivery.departing import in_turn
from delivery.desk import Desk
from delivery.facts import TodoState
from delivery.judging import Judged
from delivery.repository import todos
from delivery.repository.outbox import Claim
from delivery.repository.todos import TodoView
from delivery.worklist import Work


@dataclass(frozen=True, slots=True)
class Reached:
    """A customer's number, and what the gate says of the to-do at this moment."""

    phone: str
    judged: Judged

    @property
    def clear(self) -> bool:
        """Whether it may be said: there are words, and nothing speaks against them."""
        one = self.judged
        return not one.missing and not one.objections and one.text is not None


async def waiting(session: AsyncSession, claim: Claim, channel: str) -> TodoView | None:
    """The contact a call of the outbox is for, as long as it still waits for this way."""
    todo = await todos.one(session, int(claim.payload["todo_id"]))
    if todo is None or todo.channel != channel or TodoState(todo.state) not in todos.LIVE:
        return None
    return None if await halting.todo_halted(session, todo.id) else todo


async def reaches(session: AsyncSession, todo: TodoView) -> bool:
    """Whether the to-do's way leads to this customer: there is a number, and no word against."""
    number = todo.customer_id
    words = (await words_of(session, [number])).get(number)
    refused = words is not None and todo.channel in words.refuses
    return not refused and number in await phones(session, [number])


async def now(
    session: AsyncSession, todo: TodoView, channel: Channel, *, at: datetime, desk: Desk
) -> Reached | None:
    """The number and the gate's word, to be judged as ``channel``; None where no way leads there.

    From here to the end of the transaction what is written of the customer's wishes waits.
    """
    number = todo.customer_id
    await in_turn(session, number)
    found = (await people(session, [number])).get(number)
    phone = (await phones(session, [number])).get(number)
    if found is None or phone is None or not await reaches(session, todo):
        return None
    intent = intent_of(todo, found[0], found[1], channel=channel)
    known = await judging.background(session, [intent], at=at)
    [judged] = judging.judge([intent], known, at=at, desk=desk)
    return Reached(phone, judged)


def in_spite(todo: TodoView, went: str, what: str, by: str) -> Work:
    """The customer said no while it was on its way: told to a person.

    ``went``: what happened (短信仍发出了一条); ``what`` it is (短信), ``by`` whom (短信平台).
    """
    return Work(
        key=f"sent_after_opt_out:{todo.id}",
        kind="sent_after_opt_out",
        title=f"客户退订后{went}",
        why=f"{what}已在交给{by}的路上，客户随后退订；请向客户致歉并核对",
        unit_id=todo.unit_id,
        staff_id=todo.staff_id,
        customer_id=todo.customer_id,
        facts={"todo": todo.id},
    )
