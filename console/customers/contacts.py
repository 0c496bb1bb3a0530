"""The WeCom contacts of one customer: which of them hears from us, and that a link was wrong."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from console import roles
from console.customers.listed import PATH
from console.customers.one import in_sight
from console.customers.panels import SPOKEN_TO, UNDO
from console.errors import DecisionRefused, ReasonNeeded
from crm_sync import binding_by_hand
from crm_sync.merging import merge
from crm_sync.repository import profiles
from delivery import binding_work
from kit.web.guard import Asking, Writing, allow

router = APIRouter()


@router.post(PATH + "/{customer_id}/contacts")
async def decide(
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    customer_id: int,
    contact: Annotated[str, Form(max_length=64)],
    do: Annotated[str, Form(max_length=8)],
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Speak to ``contact`` from now on (merging the others into it), or take its link back.

    The checks, the lock and the entries are those of the work item and the command.
    """
    await in_sight(session, asking, customer_id)
    words = " ".join(reason.split())
    if len(words) < 2:
        raise ReasonNeeded("请写明原因", do="例如：客户到店核对身份证，现在用这个微信")
    links = await profiles.links(session, customer_id)
    held = {one.external_userid: one.merged_into for one in links}
    if contact not in held or do not in (SPOKEN_TO, UNDO):
        raise DecisionRefused("不能这样办", saw=do, do="刷新客户页，从列出的微信和办法里选")
    who = {"by": asking.actor, "resolution": words, "at": asking.at}
    how = {
        "actor": asking.actor, "reason": words, "at": asking.at, "request_id": asking.request_id,
    }  # fmt: skip
    if do == UNDO:
        await binding_by_hand.undo(session, contact, **how)  # type: ignore[arg-type]
        await binding_work.forget(session, contact, customer_id, **who)  # type: ignore[arg-type]
    else:
        others = sorted(one for one in held if one != contact and held[one] != contact)
        if not others:
            raise DecisionRefused(
                "这位客户的消息已经发给这个微信", saw=do, do="不用再办；刷新客户页可以看到"
            )
        for other in others:
            await merge(session, contact, other, **how)  # type: ignore[arg-type]
            await binding_work.forget(session, other, customer_id, **who)  # type: ignore[arg-type]
    return RedirectResponse(f"{PATH}/{customer_id}", status_code=303)
