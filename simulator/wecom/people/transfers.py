"""What ends a transfer: the 24 hours, the customer's refusal, or a taker who is full."""

from simulator.wecom.errors import Json
from simulator.wecom.people.kit import Act, ActError, act, the_member
from simulator.wecom.state.transfers import DONE, FULL, REFUSED, Transfer
from simulator.wecom.world import World

BY_ASSIGNMENT = 202


class RefuseTransfer(Act):
    """The customer refuses to be handed on."""

    external_userid: str
    handover_userid: str


def refuse_transfer(world: World, ask: RefuseTransfer) -> Json:
    """transfer_fail customer_refused, told to the taker."""
    member = the_member(world, ask.handover_userid)
    transfer = world.transfers.waiting(ask.external_userid, member.userid)
    if transfer is None:
        raise ActError(f"{ask.external_userid!r} is in no transfer from {ask.handover_userid!r}")
    world.transfers.end(transfer, REFUSED, world.now())
    world.tell_contact(
        "transfer_fail", transfer.takeover, transfer.external_userid, FailReason="customer_refused"
    )
    return {}


def complete_due(world: World, at: float) -> None:
    """Let every transfer happen whose time has come."""
    for transfer in [t for t in world.transfers.open if t.due_at <= at]:
        _complete(world, transfer, transfer.due_at)


def _complete(world: World, transfer: Transfer, at: float) -> None:
    taker = the_member(world, transfer.takeover)
    contacts, external_userid = world.contacts, transfer.external_userid
    if contacts.counted(taker.userid) >= taker.contact_cap:
        world.transfers.end(transfer, FULL, at)
        world.tell_contact(
            "transfer_fail", taker.userid, external_userid, FailReason="customer_limit_exceed"
        )
        return
    world.transfers.end(transfer, DONE, at)
    old = contacts.drop(transfer.handover, external_userid)
    new = contacts.pair(taker.userid, external_userid)
    if new is None:
        new = contacts.relate(taker.userid, external_userid, int(at))
        new.add_way = BY_ASSIGNMENT
        new.oper_userid = taker.userid
        if old is not None:
            new.remark, new.description = old.remark, old.description
            new.tags, new.own_tags = list(old.tags), []
            new.remark_mobiles, new.remark_corp_name = old.remark_mobiles, old.remark_corp_name
    if old is not None:
        new.handed_over = [*old.handed_over, int(at)]
    if not transfer.resigned:
        world.tell_contact(
            "del_external_contact",
            transfer.handover,
            external_userid,
            Source="DELETE_BY_TRANSFER",
        )


ACTS = (act("refuse_transfer", RefuseTransfer, refuse_transfer),)
