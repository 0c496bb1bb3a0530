"""What people do to a campaign: approve, change the words of a wave, spend, stop, review."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Final

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from campaigns.waves import budget, service
from campaigns.waves.errors import CampaignRefused
from console import roles
from console.campaigns.wording import PATH
from console.sight import sight_of
from kit.clock import bank_date
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
AMOUNT: Final = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,2})?")
Choice = Annotated[str, Form(pattern="^(approve|refuse)$")]


def _back(campaign_id: int) -> Response:
    return RedirectResponse(f"{PATH}/{campaign_id}", status_code=303)


@router.post(PATH + "/{campaign_id}/decide")
async def decide(
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    campaign_id: int,
    choice: Choice,
    opinion: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """A second person's word."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    await service.decide(
        session, campaign_id, agree=choice == "approve", opinion=opinion, by=asking.actor,
        at=asking.at, units=sight.units,
    )  # fmt: skip
    return _back(campaign_id)


@router.post(PATH + "/{campaign_id}/waves/{wave}/change")
async def change(
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    campaign_id: int,
    wave: int,
    script: Annotated[str, Form(max_length=64)] = "",
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Ask for other approved words in a wave."""
    sight = await sight_of(session, asking.viewer, roles.EXECUTION)
    await service.ask_change(
        session, campaign_id, wave, script, reason=reason, by=asking.actor, at=asking.at,
        units=sight.units,
    )  # fmt: skip
    return _back(campaign_id)


@router.post(PATH + "/{campaign_id}/waves/{wave}/decide")
async def decide_change(
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    campaign_id: int,
    wave: int,
    choice: Choice,
) -> Response:
    """A second person's word on other words."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    await service.decide_change(
        session, campaign_id, wave, agree=choice == "approve", by=asking.actor, at=asking.at,
        units=sight.units,
    )  # fmt: skip
    return _back(campaign_id)


@router.post(PATH + "/{campaign_id}/stop")
async def stop(
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    campaign_id: int,
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """From now on nothing of it leaves."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    await service.stop(
        session, campaign_id, reason=reason, by=asking.actor, at=asking.at, units=sight.units
    )
    return _back(campaign_id)


@router.post(PATH + "/{campaign_id}/expenses")
async def spend(
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    campaign_id: int,
    what: Annotated[str, Form(max_length=80)] = "",
    yuan: Annotated[str, Form(max_length=14)] = "",
    on: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Money of the budget that was spent."""
    sight = await sight_of(session, asking.viewer, roles.EXECUTION)
    await budget.spend(
        session, campaign_id, what=what, amount_fen=_fen(yuan), spent_on=_day(on, asking),
        by=asking.actor, at=asking.at, units=sight.units,
    )  # fmt: skip
    return _back(campaign_id)


def _fen(yuan: str) -> int:
    """``12.50`` as 1250. Raises CampaignRefused."""
    found = AMOUNT.fullmatch(yuan.strip().replace(",", ""))
    if found is None:
        raise CampaignRefused(
            "金额应是元，最多两位小数", saw=yuan[:14], do="例如 128.50；冲回写负数"
        )
    return int(Decimal(found[0]) * 100)


def _day(text: str, asking: Asking) -> date:
    try:
        return date.fromisoformat(text) if text else bank_date(asking.at)
    except ValueError:
        raise CampaignRefused("支出日期没有填对", saw=text[:10], do="选一天") from None


@router.post(PATH + "/{campaign_id}/review")
async def review(
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    campaign_id: int,
    result: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    """What the project team found."""
    sight = await sight_of(session, asking.viewer, roles.EXECUTION)
    await service.review(
        session, campaign_id, result=result, by=asking.actor, at=asking.at, units=sight.units
    )
    return _back(campaign_id)
