"""The tables of delivery. The outbox is behind the door: nobody else imports them."""

from delivery.facts import TodoState
from delivery.models.broadcasts import Broadcast, BroadcastRecipient
from delivery.models.halts import CampaignHalt
from delivery.models.moments import MomentPart, MomentReader, MomentSeen, MomentSender, MomentTask
from delivery.models.outbox import IntentKey, Outbox, OutboxState, QuotaSlot
from delivery.models.outside import OutsideBroadcast, OutsideReach
from delivery.models.phone_calls import PhoneCall
from delivery.models.plan import Outranked, PlanRun
from delivery.models.tickets import SendTicket, TicketState
from delivery.models.todos import Todo
from delivery.models.work import Touch, WorkItem

__all__ = [
    "Broadcast",
    "BroadcastRecipient",
    "CampaignHalt",
    "IntentKey",
    "MomentPart",
    "MomentReader",
    "MomentSeen",
    "MomentSender",
    "MomentTask",
    "Outbox",
    "OutboxState",
    "Outranked",
    "OutsideBroadcast",
    "OutsideReach",
    "PhoneCall",
    "PlanRun",
    "QuotaSlot",
    "SendTicket",
    "TicketState",
    "Todo",
    "TodoState",
    "Touch",
    "WorkItem",
]
