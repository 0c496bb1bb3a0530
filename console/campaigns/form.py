"""The form in which a campaign is proposed: first what it means for each manager, then the proposal.

A refusal comes back with what was filled in. Nobody proposes what they have not seen the load of:
the second button carries the fingerprint of what the load was shown for.
"""

import hashlib
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.waves import service
from campaigns.waves.errors import CampaignRefused
from campaigns.waves.facts import Asked, WaveAsked, Who
from config import policy_catalogue
from console import roles
from console.campaigns.load import load
from console.campaigns.wording import CHANNELS, PATH
from console.shell import page, shell
from console.sight import Sight, sight_of
from content_library import repository as scripts_of
from content_library.facts import Form as WordForm
from crm_sync.segments import repository as segments
from crm_sync.segments.service import IN_FORCE
from kit.errors import AppError
from kit.web.guard import Asking, Reading, Writing, allow
from portfolio.preparation import records

router = APIRouter()
SINGLE = (
    "title", "kind", "goal", "measure", "target", "owner", "budget", "overrun", "starts_on",
    "ends_on", "review_on", "segment", "hold_out", "per_day", "preparation",
)  # fmt: skip
MOST_UNITS = 200


@router.get(PATH + "/new", response_class=HTMLResponse)
async def new(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Reading,
) -> Response:
    """An empty form with the usual hold-out and load."""
    policy = request.app.state.parts.shelf.of(policy_catalogue.CAMPAIGNS)
    given: dict[str, Any] = dict.fromkeys(SINGLE, "")
    given |= {"hold_out": str(policy.hold_out.usual), "per_day": str(policy.load.usual)}
    given |= {"owner": asking.viewer.staff_id, "overrun": "0", "budget": "0"}
    return await _form(request, asking, session, given)


async def _form(
    request: Request,
    asking: Asking,
    session: AsyncSession,
    given: dict[str, Any],
    error: AppError | None = None,
    means: dict[str, Any] | None = None,
) -> Response:
    policy = request.app.state.parts.shelf.of(policy_catalogue.CAMPAIGNS)
    sight = await sight_of(session, asking.viewer, roles.EXECUTION)
    words = [
        (
            CHANNELS[channel],
            [
                (f"{channel}:{one.code}", one.title)
                for one in await scripts_of.approved_in_form(session, form, asking.at)
            ],
        )
        for channel, form in (("todo", WordForm.SINGLE), ("broadcast", WordForm.BROADCAST))
    ]
    waves = given.get("waves") or []
    waves = [*waves, *([{}] * (policy.waves.most - len(waves)))][: policy.waves.most]
    context = await shell(request, session, asking, "campaigns")
    context |= {
        "back": PATH,
        "error": {"what": error.what, "saw": error.saw, "where": error.where, "do": error.do,
                  "code": error.code} if error else None,
        "given": given,
        "means": means,
        "seen": _fingerprint(given) if means else "",
        "kinds": list(policy.kinds.items()),
        "measures": [(code, f"{one.title}（{one.unit}）") for code, one in policy.measures.items()],
        "segments": [(one.code, one.title) for one in await segments.listed(session, (IN_FORCE,))],
        "preparations": [
            (str(one.id), one.title + ("" if one.readiness.is_ready else "（没有写齐）"))
            for one in await records.page(session, units=sight.units, limit=100)
        ],
        "departments": [
            (code, text, code in given.get("departments", ()))
            for code, text in policy.departments.items()
        ],
        "units": [
            {"id": one.unit_id, "name": one.name, "on": one.unit_id in given.get("units", ())}
            for one in sight.tree
            if one.kind != "outlet" or len(sight.tree) < MOST_UNITS
        ],
        "waves": [
            {"number": number, "script": wave.get("script", ""), "day": wave.get("day", "")}
            for number, wave in enumerate(waves, 1)
        ],
        "scripts": words,
        "limits": {
            "hold_out": f"{policy.hold_out.least}% 到 {policy.hold_out.most}%",
            "per_day": policy.load.most,
            "budget": f"{policy.budget.most_fen / 100:,.0f}",
            "gap": policy.waves.gap_days,
        },
    }  # fmt: skip
    answer = page(request, "campaign_new", context)
    if error:
        answer.status_code = error.status
    return answer


@router.post(PATH)
async def propose(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
) -> Response:
    """The load of what was filled in; a proposal once it was seen; the form with every reason."""
    async with request.form() as form:
        seen = str(form.get("seen", ""))[:64]
        given: dict[str, Any] = {name: str(form.get(name, "")).strip()[:400] for name in SINGLE}
        given["departments"] = [str(one)[:24] for one in form.getlist("departments")]
        given["units"] = [str(one)[:32] for one in form.getlist("units")][:MOST_UNITS]
        given["waves"] = [
            {"script": str(script)[:90], "day": str(day)[:10]}
            for script, day in zip(
                form.getlist("wave_script"), form.getlist("wave_day"), strict=False
            )
            if str(script)
        ]  # fmt: skip
    parts = request.app.state.parts
    sight = await sight_of(session, asking.viewer, roles.EXECUTION)
    try:
        asked = _asked(given, sight)
        record = await records.one(session, asked.preparation_id, units=sight.units)
        home = asking.viewer.unit_id
        if sight.units is None:
            home = next((one.unit_id for one in sight.tree if one.parent_id is None), home)
        examined = await service.examine(
            session,
            asked,
            missing=[box.title for box in record.readiness.missing],
            policy=parts.shelf.of(policy_catalogue.CAMPAIGNS),
            unit_id=home,
            at=asking.at,
        )
        if seen != _fingerprint(given):
            asked = replace(asked, units=asked.units or (home,))
            means = await load(request, session, sight, asked, asking.at)
            return await _form(request, asking, session, given, None, means)
        number = await service.propose(session, examined, by=asking.actor, at=asking.at)
    except AppError as error:
        return await _form(request, asking, session, given, error)
    return RedirectResponse(f"{PATH}/{number}", status_code=303)


def _fingerprint(given: dict[str, Any]) -> str:
    """Of everything that was filled in."""
    return hashlib.sha256(orjson.dumps(given, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _asked(given: dict[str, Any], sight: Sight) -> Asked:
    waves = tuple(
        WaveAsked(
            one["script"].partition(":")[2], one["script"].partition(":")[0],
            _day(one["day"], f"第 {number} 波的日期"),
            Who.EVERYBODY if number == 1 else Who.SILENT,
        )
        for number, one in enumerate(given["waves"], 1)
    )  # fmt: skip
    if sight.units is not None and not set(given["units"]) <= sight.units:
        raise CampaignRefused("机构不在您的范围内", do="从列表里选")
    return Asked(
        title=given["title"], kind=given["kind"], goal=given["goal"], measure=given["measure"],
        target=_whole(given["target"], "考核目标"), owner=given["owner"],
        departments=tuple(given["departments"]),
        budget_fen=_whole(given["budget"], "预算（元）") * 100,
        overrun_percent=_whole(given["overrun"], "允许超支"),
        starts_on=_day(given["starts_on"], "开始日"), ends_on=_day(given["ends_on"], "结束日"),
        review_on=_day(given["review_on"], "复盘日"), segment=given["segment"],
        hold_out_percent=_whole(given["hold_out"], "对照组"),
        per_day=_whole(given["per_day"], "每位经理一天"),
        preparation_id=_whole(given["preparation"], "活动准备"), waves=waves,
        units=tuple(given["units"]),
    )  # fmt: skip


def _whole(text: str, what: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise CampaignRefused(f"{what}应是一个整数", saw=text[:20], do="只写数字")
    return int(text)


def _day(text: str, what: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CampaignRefused(f"{what}没有填对", saw=text[:10], do="选一天") from None
