"""Handing on customers of members who stay and of members who left (api.md 3.7)."""

from typing import Annotated, ClassVar

from pydantic import Field

from simulator.wecom.cursors import page
from simulator.wecom.endpoints.kit import Call, post
from simulator.wecom.errors import Json, Refused
from simulator.wecom.state.directory import LEFT, Member
from simulator.wecom.state.transfers import RECENT_S, REFUSED, Transfer
from simulator.wecom.strictness import Ask

YEAR_DAYS = 365
RESULTS_A_PAGE = 1_000


class TransferCustomers(Ask):
    """transfer_customer [92125]."""

    missing: ClassVar[dict[str, int]] = {
        "handover_userid": 41009,
        "takeover_userid": 41009,
        "external_userid": 41035,
    }
    wrong: ClassVar[dict[str, int]] = {"external_userid": 40096}
    over: ClassVar[dict[str, int]] = {"external_userid": 40058}
    handover_userid: str
    takeover_userid: str
    external_userid: Annotated[list[str], Field(min_length=1, max_length=100)]
    transfer_success_msg: Annotated[str, Field(max_length=200)] = ""


class TransferLeavers(Ask):
    """resigned/transfer_customer [94081]."""

    missing: ClassVar[dict[str, int]] = TransferCustomers.missing
    wrong: ClassVar[dict[str, int]] = TransferCustomers.wrong
    over: ClassVar[dict[str, int]] = TransferCustomers.over
    handover_userid: str
    takeover_userid: str
    external_userid: Annotated[list[str], Field(min_length=1, max_length=100)]


class TransferResults(Ask):
    """transfer_result, resigned/transfer_result [94088][94082]."""

    missing: ClassVar[dict[str, int]] = {"handover_userid": 41009, "takeover_userid": 41009}
    handover_userid: str
    takeover_userid: str
    cursor: str = ""


class Unassigned(Ask):
    """get_unassigned_list [92124]."""

    page_id: int | None = None
    cursor: str = ""
    page_size: Annotated[int, Field(ge=1, le=1_000)] = 1_000


def transfer_customers(call: Call, ask: TransferCustomers) -> Json:
    """On-job transfer; each customer has an errcode of his own inside an errcode 0."""
    handover = call.world.visible_member(call.app, ask.handover_userid)
    return _transfer(call, handover, ask, resigned=False, message=ask.transfer_success_msg)


def transfer_leavers(call: Call, ask: TransferLeavers) -> Json:
    """Transfer of a leaver's customers, within a year of leaving."""
    handover = _leaver(call, ask.handover_userid)
    return _transfer(call, handover, ask, resigned=True, message="")


def transfer_results(call: Call, ask: TransferResults) -> Json:
    """What became of each customer of a pair of members."""
    handover = call.world.visible_member(call.app, ask.handover_userid)
    return _results(call, handover, ask, resigned=False)


def leaver_results(call: Call, ask: TransferResults) -> Json:
    """The same for a leaver."""
    return _results(call, _leaver(call, ask.handover_userid), ask, resigned=True)


def unassigned(call: Call, ask: Unassigned) -> Json:
    """Customers of leavers who wait for somebody."""
    world = call.world
    waiting = {(t.handover, t.external_userid) for t in world.transfers.open}
    rows = [
        {
            "handover_userid": member.userid,
            "external_userid": relation.external_userid,
            "dimission_time": member.left_at or 0,
        }
        for member in world.directory.everybody()
        if member.status == LEFT
        for relation in world.contacts.of_member(member.userid)
        if (member.userid, relation.external_userid) not in waiting
    ]
    if ask.page_id is not None and not ask.cursor:
        start = ask.page_id * ask.page_size
        part, following = rows[start : start + ask.page_size], ""
        last = start + ask.page_size >= len(rows)
    else:
        part, following = page(call.path, "", ask.cursor, rows, ask.page_size)
        last = not following
    answer: Json = {"info": part, "is_last": last}
    return answer | {"next_cursor": following}


def _transfer(
    call: Call,
    handover: Member,
    ask: TransferCustomers | TransferLeavers,
    *,
    resigned: bool,
    message: str,
) -> Json:
    world = call.world
    taker = world.visible_member(call.app, ask.takeover_userid)
    if taker is handover:
        raise Refused(40130, "handover and takeover are the same")
    if not taker.verified:
        raise Refused(40098, "takeover member not verified")
    if max(taker.days_since_login, 0 if resigned else handover.days_since_login) > YEAR_DAYS:
        raise Refused(40205, "member has not logged in for a year")
    customers = []
    for external_userid in dict.fromkeys(ask.external_userid):
        errcode = _objection(call, handover, taker, external_userid)
        if errcode == 0:
            world.transfers.begin(
                Transfer(
                    handover.userid,
                    taker.userid,
                    external_userid,
                    call.at,
                    call.at + world.modes.transfer_wait_s,
                    resigned,
                    message,
                )
            )
        customers.append({"external_userid": external_userid, "errcode": errcode})
    return {"customer": customers}


def _objection(call: Call, handover: Member, taker: Member, external_userid: str) -> int:
    world = call.world
    if external_userid not in world.contacts.contacts:
        return 40096
    relation = world.contacts.pair(handover.userid, external_userid)
    if relation is None or relation.half:
        return 40131
    if world.transfers.waiting(external_userid, handover.userid) is not None:
        return 40100
    recent = [at for at in relation.handed_over if at > call.at - RECENT_S]
    if handover.status != LEFT and len(recent) >= world.modes.transfer_per_90_days:
        return 40128
    if world.contacts.counted(taker.userid) >= taker.contact_cap:
        return 40099
    return 0


def _results(call: Call, handover: Member, ask: TransferResults, *, resigned: bool) -> Json:
    taker = call.world.visible_member(call.app, ask.takeover_userid)
    found = call.world.transfers.between(handover.userid, taker.userid, resigned=resigned)
    arguments = [handover.userid, taker.userid]
    rows, following = page(call.path, arguments, ask.cursor, found, RESULTS_A_PAGE)
    return {
        "customer": [
            {
                "external_userid": transfer.external_userid,
                "status": transfer.status,
                "takeover_time": _takeover_time(transfer),
            }
            for transfer in rows
        ],
        "next_cursor": following,
    }


def _takeover_time(transfer: Transfer) -> int:
    """When it happened, when it will (while it waits), 0 when the customer refused."""
    if transfer.status == REFUSED:
        return 0
    return transfer.ended_at or int(transfer.due_at)


def _leaver(call: Call, userid: str) -> Member:
    member = call.world.directory.find(userid)
    if member is None:
        raise Refused(60111, f"userid not found: {userid}")
    if member.status != LEFT or member.left_at is None:
        raise Refused(40097, "handover member has not resigned")
    if call.at > member.left_at + YEAR_DAYS * 86_400:
        raise Refused(40097, "handover member resigned over a year ago")
    return member


def _pair_of(ask: TransferCustomers | TransferLeavers) -> str:
    return ask.handover_userid.lower()


ENDPOINTS = (
    post(
        "externalcontact/transfer_customer",
        TransferCustomers,
        transfer_customers,
        "customer",
        object_key=_pair_of,
    ),
    post("externalcontact/transfer_result", TransferResults, transfer_results, "customer"),
    post("externalcontact/get_unassigned_list", Unassigned, unassigned, "customer"),
    post(
        "externalcontact/resigned/transfer_customer",
        TransferLeavers,
        transfer_leavers,
        "customer",
        object_key=_pair_of,
    ),
    post("externalcontact/resigned/transfer_result", TransferResults, leaver_results, "customer"),
)
