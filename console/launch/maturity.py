"""成熟度自评: four stages computed from data; thresholds are policy, benchmarks are printed sources."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from config import policy_catalogue
from config.maturity_policy import NUMBERS, MaturityPolicy
from console import roles
from console.lists import badge, choice, url
from console.shell import page, shell
from console.sight import sight_of
from insights.maturity import Maturity, Reached, StageReached, assess
from kit.web.formats import count, percent
from kit.web.guard import Asking, Reading, allow

router = APIRouter()
PATH: Final = "/c/maturity"
MEASURES: Final = {
    "units_mapped": ("机构对应到企业微信部门", "有部门编号的机构 ÷ 全部机构", "/c/launch/unmapped", {}),
    "staff_in_wecom": ("管户员工在企业微信可见", "企业微信里看得到的 ÷ 管着客户的在岗员工", "/c/launch/invisible", {}),
    "customers_owned": ("客户有管户经理", "有主办经理的客户 ÷ 全部客户", "/c/launch/ownerless", {}),
    "friends_linked": ("好友对应到客户", "已对应客户的好友 ÷ 全部好友", "/c/launch/unbound", {}),
    "owner_is_friend": ("管户经理就是好友", "管户经理是好友的 ÷ 已对应客户的好友", "/c/launch/mismatched", {}),
    "friends_per_manager": ("每名客户经理的好友", "好友 ÷ 管着客户、有企业微信的在岗员工", "/c/contacts", {}),
    "covered": ("本季度有效覆盖", "本季度有效触达的好友客户 ÷ 好友客户", "/c/customers", {"contact": "1", "covered": "0"}),
    "valid_adds": ("有效添加占比", "近 90 天有效添加 ÷ 新加好友", "/c/adds", {"view": "list"}),
    "with_persona": ("好友有客群", "有客群的好友客户 ÷ 好友客户", "/c/customers", {"contact": "1", "primary": "none"}),
    "on_time": ("任务按时完成", "本月按时完成 ÷ 到期应完成", "/c/todos", {"view": "list", "state": "ended"}),
    "real_name": ("好友已实名", "以实名方式对应的好友 ÷ 全部好友", "/c/launch/unproven", {}),
}  # fmt: skip
"""What each measure is called, how it is computed, and the list of what is missing or counted."""


@router.get(PATH, response_class=HTMLResponse)
async def maturity(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    unit: str = "",
) -> Response:
    """The stages with their criteria, and the stage the bank stands in."""
    shelf = request.app.state.parts.shelf
    policy: MaturityPolicy = shelf.of(policy_catalogue.MATURITY)
    whole = await sight_of(session, asking.viewer, roles.BUSINESS)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit) if unit else whole
    found = await assess(session, policy, shelf.of(policy_catalogue.ADDS), sight.units, asking.at)
    context = await shell(request, session, asking, "maturity")
    context |= {
        "filters": [choice("unit", "机构", whole.options, unit)],
        "here_text": _here(found),
        "steps": [_step(one, n, found.place) for n, one in enumerate(found.stages)],
        "stages": [_stage(one, n, found.place, unit) for n, one in enumerate(found.stages)],
        "benchmarks": [(one.source, one.text) for one in policy.benchmark],
    }
    return page(request, "maturity", context)


def _here(found: Maturity) -> str:
    if found.place == len(found.stages):
        return f"四个阶段都已达到，正在“{found.stages[-1].stage.name}”"
    missing = sum(not one.met for one in found.stages[found.place].criteria)
    return f"正在“{found.stages[found.place].stage.name}”，还差 {missing} 条"


def _step(one: StageReached, n: int, place: int) -> dict[str, Any]:
    state = "done" if n < place else "cur" if n == place else ""
    met = sum(criterion.met for criterion in one.criteria)
    return {
        "state": state,
        "text": one.stage.name,
        "small": f"{met} / {len(one.criteria)} 条达到",
    }


def _stage(one: StageReached, n: int, place: int, unit: str) -> dict[str, Any]:
    return {
        "name": one.stage.name,
        "goal": one.stage.goal,
        "state": badge("已达到", "ok")
        if one.done
        else badge("进行中", "info")
        if n == place
        else badge("还没到", ""),
        "criteria": [_criterion(found, unit) for found in one.criteria],
    }


def _criterion(found: Reached, unit: str) -> dict[str, Any]:
    name, how, path, query = MEASURES[found.criterion.measure]
    value, number = found.value, found.criterion.measure in NUMBERS
    ratio = value.ratio
    return {
        "name": name,
        "how": how,
        "value": "没有数据" if ratio is None else count(round(ratio)) if number else percent(ratio),
        "counted": f"{count(value.part)} / {count(value.whole)}",
        "target": count(round(found.criterion.at_least))
        if number
        else percent(found.criterion.at_least),
        "met": found.met,
        "state": badge("达到", "ok") if found.met else badge("没有达到", "warn"),
        "href": url(path, query, unit=unit),
    }
