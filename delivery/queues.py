"""Every queue in which something waits for a customer, and how it is taken out of each.

An opt-out empties all of them in the transaction that records it, for its customer; a recall of
words does, for its version. A table in which something may wait for a person is either here or,
with the reason, in ``NO_QUEUE``: a test compares with the tables there are, so that a new queue
cannot be forgotten.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, exists, false, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from delivery import quota
from delivery.departing import Gone
from delivery.dialling import PHONE
from delivery.facts import BROADCAST, MOMENT, STAFF_CARD, WELCOME
from delivery.models import (
    Broadcast,
    BroadcastRecipient,
    MomentReader,
    Outbox,
    OutboxState,
    SendTicket,
    TicketState,
    Todo,
    TodoState,
)
from delivery.moments import withdrawing as moments
from delivery.moments.facts import ReaderState
from delivery.repository.todos import LIVE
from delivery.text_messages import SMS

WAITING: Final = ("gathering", "queued")
HANDED_OVER: Final = ("created", "awaiting_admin", "unknown")
NOT_SENT: Final = ("planned", "unsent")


@dataclass(frozen=True, slots=True)
class Wish:
    """Whose things are withdrawn: of these purposes, and of these script versions where given.

    ``customer_ids`` None: everybody's, which only makes sense with ``versions`` or ``campaign``.
    """

    customer_ids: tuple[int, ...] | None
    purposes: tuple[str, ...]
    versions: tuple[int, ...] | None = None
    campaign: str = ""

    def of(self, table: Any) -> list[Any]:
        """The conditions on a table with purpose and script version."""
        found = [col(table.purpose).in_(self.purposes)]
        if self.versions is not None:
            found.append(col(table.script_version_id).in_(self.versions))
        if self.campaign:
            found.append(_of_campaign(table, self.campaign))
        return found

    def whose(self, table: Any) -> list[Any]:
        """The conditions on a table with a customer."""
        if self.customer_ids is None:
            return []
        return [col(table.customer_id).in_(self.customer_ids)]


def _of_campaign(table: Any, campaign: str) -> Any:
    """A ticket is of its to-do's campaign; moments are of none."""
    if table is SendTicket:
        mine = select(col(Todo.id)).where(col(Todo.campaign) == campaign)
        return col(SendTicket.todo_id).in_(mine)
    if table is MomentReader:
        return false()
    return col(table.campaign) == campaign


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """One thing that will not happen: what it was, whose unit it was in."""

    object: str
    unit_id: str
    customer_id: int | None
    """None: words for a group."""


Withdraw = Callable[[AsyncSession, Wish, datetime], Awaitable[list[Withdrawn]]]


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue: its table, how a wish empties it, what looks again right before anything leaves."""

    table: str
    title: str
    withdraw: Withdraw
    checked_again: str


async def _todos(session: AsyncSession, wish: Wish, at: datetime) -> list[Withdrawn]:
    statement = (
        update(Todo)
        .where(*wish.whose(Todo), col(Todo.state).in_(LIVE), *wish.of(Todo))
        .values(state=TodoState.CANCELLED, closed_at=at)
        .returning(col(Todo.id), col(Todo.key), col(Todo.unit_id), col(Todo.customer_id))
        .execution_options(synchronize_session=False)
    )
    rows = (await session.execute(statement)).all()
    await quota.give_back(session, [row.key for row in rows])
    return [Withdrawn(f"todo:{row.id}", row.unit_id, row.customer_id) for row in rows]


async def _tickets(session: AsyncSession, wish: Wish, at: datetime) -> list[Withdrawn]:
    statement = (
        update(SendTicket)
        .where(
            *wish.whose(SendTicket),
            col(SendTicket.state) == TicketState.PREPARED,
            *wish.of(SendTicket),
        )
        .values(state=TicketState.WITHDRAWN, settled_at=at)
        .returning(
            col(SendTicket.id),
            col(SendTicket.key),
            col(SendTicket.unit_id),
            col(SendTicket.customer_id),
        )
        .execution_options(synchronize_session=False)
    )
    rows = (await session.execute(statement)).all()
    await quota.give_back(session, [row.key for row in rows])
    return [Withdrawn(f"send:{row.id}", row.unit_id, row.customer_id) for row in rows]


async def _recipients(session: AsyncSession, wish: Wish, at: datetime) -> list[Withdrawn]:
    """Their rows are held first: a broadcast that leaves at this moment has left, or waits."""
    found = await session.execute(
        select(col(BroadcastRecipient.broadcast_id))
        .join(Broadcast, col(Broadcast.id) == col(BroadcastRecipient.broadcast_id))
        .where(
            *wish.whose(BroadcastRecipient),
            col(BroadcastRecipient.state) == "planned",
            col(Broadcast.state).in_(WAITING),
            *wish.of(Broadcast),
        )
        .order_by(col(BroadcastRecipient.broadcast_id), col(BroadcastRecipient.external_userid))
        .with_for_update(of=BroadcastRecipient)
    )
    held = set(found.scalars())
    if not held:
        return []
    here = select(col(Broadcast.id)).where(
        col(Broadcast.id).in_(held),
        col(Broadcast.state).in_(WAITING),
        col(Broadcast.departed_at).is_(None),
    )
    withdrawn = await session.execute(
        update(BroadcastRecipient)
        .where(
            *wish.whose(BroadcastRecipient),
            col(BroadcastRecipient.state) == "planned",
            col(BroadcastRecipient.broadcast_id).in_(here),
        )
        .values(state="withdrawn")
        .returning(
            col(BroadcastRecipient.broadcast_id),
            col(BroadcastRecipient.customer_id),
            col(BroadcastRecipient.key),
        )
        .execution_options(synchronize_session=False)
    )
    rows = withdrawn.all()
    await quota.give_back(session, [row.key for row in rows])
    query = select(col(Broadcast.id), col(Broadcast.unit_id)).where(col(Broadcast.id).in_(held))
    units = {number: unit for number, unit in await session.execute(query)}  # noqa: C416
    return [
        Withdrawn(f"broadcast:{row.broadcast_id}", units[row.broadcast_id], row.customer_id)
        for row in rows
    ]


async def _calls(session: AsyncSession, wish: Wish, at: datetime) -> list[Withdrawn]:
    """A queued task that nobody is left in is not called at all."""
    anybody = exists().where(
        col(BroadcastRecipient.broadcast_id) == col(Broadcast.id),
        col(BroadcastRecipient.state) == "planned",
    )
    mine = exists().where(
        col(BroadcastRecipient.broadcast_id) == col(Broadcast.id),
        *wish.whose(BroadcastRecipient),
    )
    emptied = await session.execute(
        select(col(Broadcast.id), col(Broadcast.outbox_id)).where(
            col(Broadcast.state) == "queued", *wish.of(Broadcast), mine, ~anybody
        )
    )
    calls = {outbox_id: broadcast_id for broadcast_id, outbox_id in emptied if outbox_id}
    if not calls:
        return []
    stopped = await session.execute(
        update(Outbox)
        .where(col(Outbox.id).in_(calls), col(Outbox.state) == OutboxState.QUEUED)
        .values(state=OutboxState.CANCELLED, settled_at=at, cause="every recipient has withdrawn")
        .returning(col(Outbox.id))
        .execution_options(synchronize_session=False)
    )
    gone = [calls[outbox_id] for outbox_id in stopped.scalars()]
    await session.execute(
        update(Broadcast)
        .where(col(Broadcast.id).in_(gone))
        .values(state="cancelled", cause="every recipient has withdrawn")
        .execution_options(synchronize_session=False)
    )
    return []


async def _moments(session: AsyncSession, wish: Wish, at: datetime) -> list[Withdrawn]:
    """The lists of moments, and the tags that show them."""
    where = [*wish.whose(MomentReader), *wish.of(MomentReader)]
    recalled = wish.customer_ids is None
    left = await moments.withdraw(session, where, recalled=recalled, at=at)
    return [Withdrawn(f"moment:{one.task_id}", one.unit_id, one.customer_id) for one in left]


QUEUES: Final[Sequence[Queue]] = (
    Queue("todo", "客户经理待办", _todos, "点“发送”时闸门再判一次（delivery.tickets.prepare）"),
    Queue("send_ticket", "手机上已备好的一条", _tickets, "五分钟作废；手机仍回报已发时开工单"),
    Queue(
        "broadcast_recipient",
        "群发名单",
        _recipients,
        "交给企业微信前一刻，握着名单再查一次（delivery.departing.depart），话术也再查一次",
    ),
    Queue(
        "moment_reader",
        "朋友圈可见名单",
        _moments,
        "交给企业微信前一刻，闸门再判一次，标签向企业微信再核一次（delivery.moments.leaving）",
    ),
    Queue("outbox", "待调用", _calls, "同上：名单为空就不调用"),
)
"""In this order: a call is stopped once its last recipient is out."""

CALLS: Final[Mapping[str, str]] = {
    WELCOME: "客户刚刚添加好友时的一句问候，20 秒内有效；不含产品内容",
    BROADCAST: "群发：名单在调用前一刻再查一次",
    STAFF_CARD: "给本行员工的卡片，客户看不到",
    MOMENT: "企业朋友圈：名单、闸门和标签在调用前一刻再查一次；调用之后退订的立即去掉标签",
    PHONE: "电话：拨出前一刻待办还在、客户没有不要电话、闸门再判一次（delivery.dialling.ready）",
    SMS: "短信：发出前一刻待办还在、客户没有不要短信、闸门再判一次（delivery.text_messages.ready）",
}
"""Every kind of call in the outbox, and why an opted-out customer hears nothing by it."""

NO_QUEUE: Final[Mapping[str, str]] = {
    "phone_call": "请电话平台接通的一次；等着说的事在 todo 里，待办撤回就不拨",
    "broadcast": "一项群发任务；客户在 broadcast_recipient 里",
    "work_item": "给员工判断的事，不会发给客户",
    "moment_task": "一条企业朋友圈；客户在 moment_reader 里",
    "moment_part": "一条企业朋友圈的一次请求；客户在 moment_reader 里",
    "moment_sender": "由谁发表，没有客户",
    "moment_seen": "企业微信说已经看到的好友，读完即删",
    "outside_broadcast": "别处建的群发，不由本系统发出",
    "outside_reach": "别处的群发已经到达的客户",
    "touch": "已经发生的触达",
    "campaign_halt": "停下的活动，没有客户",
    "quota_slot": "次数占用，随撤回归还",
    "intent_key": "防重键，没有内容",
    "outranked": "当天没有说的话的编号，没有内容",
}
"""Tables of this package that name a customer and hold nothing that waits to be said."""


async def handed_over(
    session: AsyncSession, customer_ids: Sequence[int], purposes: Sequence[str]
) -> list[Gone]:
    """What has left for these customers and its member has not sent yet."""
    arrived = col(Broadcast.state).in_(HANDED_OVER)
    leaving = and_(col(Broadcast.state).in_(WAITING), col(Broadcast.departed_at).is_not(None))
    found = await session.execute(
        select(
            col(Broadcast.id),
            col(Broadcast.staff_id),
            col(Broadcast.unit_id),
            col(BroadcastRecipient.customer_id),
            col(Broadcast.state),
        )
        .join(BroadcastRecipient, col(Broadcast.id) == col(BroadcastRecipient.broadcast_id))
        .where(
            col(BroadcastRecipient.customer_id).in_(list(customer_ids)),
            col(BroadcastRecipient.state).in_(NOT_SENT),
            or_(arrived, leaving),
            col(Broadcast.confirmed_at).is_(None),
            col(Broadcast.purpose).in_(list(purposes)),
        )
    )
    return [Gone(*row[:4], arrived=row[4] in HANDED_OVER) for row in found]


async def versions_waiting(session: AsyncSession, customer_ids: Sequence[int]) -> set[int]:
    """The script versions of everything that waits for these customers."""
    ids = list(customer_ids)
    queries = (
        select(col(Todo.script_version_id)).where(
            col(Todo.customer_id).in_(ids), col(Todo.state).in_(LIVE)
        ),
        select(col(SendTicket.script_version_id)).where(
            col(SendTicket.customer_id).in_(ids), col(SendTicket.state) == TicketState.PREPARED
        ),
        select(col(Broadcast.script_version_id))
        .join(BroadcastRecipient, col(Broadcast.id) == col(BroadcastRecipient.broadcast_id))
        .where(col(BroadcastRecipient.customer_id).in_(ids), col(Broadcast.state).in_(WAITING)),
        select(col(MomentReader.script_version_id)).where(
            col(MomentReader.customer_id).in_(ids), col(MomentReader.state) == ReaderState.PLANNED
        ),
    )
    found: set[int] = set()
    for query in queries:
        found.update(one for one in (await session.execute(query)).scalars() if one is not None)
    return found
