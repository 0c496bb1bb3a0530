"""Handovers of contacts and groups, on the job and after leaving (在职继承, 离职继承).

Pages 92125, 94088 (on the job), 94081, 94082 (after leaving), 95703, 92127 (groups), 92124.
A transfer is refused or accepted item by item inside an answer that says ok.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from wecom import limits
from wecom.answers import Answer, Page, follow
from wecom.client import Caller
from wecom.errors import WecomError, error_for

DONE, WAITING, REFUSED, TAKER_FULL, NO_RECORD = 1, 2, 3, 4, 5
"""States of one handover; WAITING ends by itself after 24 h unless the customer refuses."""

_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Item:
    """What WeCom says of one contact or group: ``error`` None means that it was taken."""

    item_id: str
    error: WecomError | None


@dataclass(frozen=True, slots=True)
class TransferState:
    """How far one handover is. ``takeover_at`` lies ahead while it waits, None when refused."""

    external_userid: str
    status: int
    takeover_at: datetime | None


@dataclass(frozen=True, slots=True)
class Unassigned:
    """A contact whose member has left and whom nobody took over yet."""

    handover_staff_id: str
    external_userid: str
    left_at: datetime | None


async def customers(
    client: Caller,
    handover: str,
    takeover: str,
    external_userids: Sequence[str],
    *,
    greeting: str = "",
) -> tuple[Item, ...]:
    """Hand contacts of a present member to another; at most 2 times in 90 days each (40128).

    ``greeting`` is told to the customer in the new member's name, at most 200 characters.
    Not repeatable blindly: after OutcomeUnknown ask ``states``; a second call says 40100.
    """
    limits.at_most_chars("转接提示语", greeting, 200)
    extra = {"transfer_success_msg": greeting} if greeting else {}
    return await _transfer(
        client, "externalcontact/transfer_customer", handover, takeover, external_userids, extra
    )


async def customers_of_leaver(
    client: Caller, handover: str, takeover: str, external_userids: Sequence[str]
) -> tuple[Item, ...]:
    """Hand contacts of a member who left to another, within one year of leaving."""
    path = "externalcontact/resigned/transfer_customer"
    return await _transfer(client, path, handover, takeover, external_userids, {})


async def _transfer(
    client: Caller,
    path: str,
    handover: str,
    takeover: str,
    external_userids: Sequence[str],
    extra: dict[str, str],
) -> tuple[Item, ...]:
    limits.not_empty("转接的客户", external_userids)
    limits.at_most("转接的客户", external_userids, _MAX)
    body = {
        "handover_userid": handover,
        "takeover_userid": takeover,
        "external_userid": list(external_userids),
        **extra,
    }
    answer = Answer(path, await client.call(path, body, idempotent=False))
    return tuple(
        Item(one.need("external_userid"), _item_error(path, one))
        for one in answer.objects("customer")
    )


def states(
    client: Caller, handover: str, takeover: str, cursor: str = "", *, left: bool = False
) -> AsyncIterator[Page[TransferState]]:
    """Yield pages of how far the handovers between two members are; ``left``: the giver has left."""
    path = f"externalcontact/{'resigned/' if left else ''}transfer_result"

    async def fetch(at: str) -> Page[TransferState]:
        body = {"handover_userid": handover, "takeover_userid": takeover, "cursor": at}
        answer = Answer(path, await client.call(path, body, idempotent=True))
        found = tuple(
            TransferState(
                one.need("external_userid"), one.count("status"), one.moment("takeover_time")
            )
            for one in answer.objects("customer")
        )
        return Page(found, answer.text("next_cursor"))

    return follow(fetch, cursor)


async def groups(client: Caller, chat_ids: Sequence[str], new_owner: str) -> tuple[Item, ...]:
    """Give groups of present owners to a new one; 300 a day per person. Return what failed."""
    return await _groups(client, "externalcontact/groupchat/onjob_transfer", chat_ids, new_owner)


async def groups_of_leaver(
    client: Caller, chat_ids: Sequence[str], new_owner: str
) -> tuple[Item, ...]:
    """Give groups whose owner has left to a new one (90500 if not left). Return what failed."""
    return await _groups(client, "externalcontact/groupchat/transfer", chat_ids, new_owner)


async def _groups(
    client: Caller, path: str, chat_ids: Sequence[str], new_owner: str
) -> tuple[Item, ...]:
    limits.not_empty("转接的客户群", chat_ids)
    limits.at_most("转接的客户群", chat_ids, _MAX)
    body = {"chat_id_list": list(chat_ids), "new_owner": new_owner}
    answer = Answer(path, await client.call(path, body, idempotent=False))
    return tuple(
        Item(one.need("chat_id"), _item_error(path, one))
        for one in answer.objects("failed_chat_list")
    )


def unassigned(
    client: Caller, cursor: str = "", page_size: int = 1000
) -> AsyncIterator[Page[Unassigned]]:
    """Yield pages of the contacts that leavers left behind."""
    path = "externalcontact/get_unassigned_list"

    async def fetch(at: str) -> Page[Unassigned]:
        body: dict[str, Any] = {"cursor": at, "page_size": page_size}
        answer = Answer(path, await client.call(path, body, idempotent=True))
        found = tuple(
            Unassigned(
                one.need("handover_userid"),
                one.need("external_userid"),
                one.moment("dimission_time"),
            )
            for one in answer.objects("info")
        )
        return Page(found, "" if answer.flag("is_last") else answer.text("next_cursor"))

    return follow(fetch, cursor)


def _item_error(path: str, item: Answer) -> WecomError | None:
    errcode = item.count("errcode")
    if errcode == 0:
        return None
    return error_for(path, errcode, item.text("errmsg"), idempotent=True)
