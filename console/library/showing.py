"""How a script is shown: its words with fields, its change, a sample, its checks, its steps."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request

from config.approval_policy import ApprovalPolicy, shipped
from console.naming import Names
from console.state_words import FORMS, PRODUCT_KINDS, PURPOSES
from content_library.diff import compare
from content_library.errors import ScriptUnknown
from content_library.facts import ApprovedScript, Finding, Form, ScriptDraft, State, VersionFact
from content_library.fields import FIELDS
from content_library.findings import sample_of
from content_library.render import parts as template_parts
from kit.errors import InputRefused
from kit.web.formats import long_stamp
from kit.web.rich import Part
from reminders.rules import distance_words

STEPS = {
    "script.drafted": "起草",
    "script.versioned": "起草新版本",
    "script.edited": "修改",
    "script.submitted": "提交审核",
    "script.checked": "初审通过",
    "script.approved": "终审通过",
    "script.rejected": "驳回",
    "script.returned": "退回修改",
    "script.retired": "停用",
}
SCENES = {
    "welcome": "欢迎语",
    "care.general": "通用关怀",
    "birthday": "生日",
    "product.open": "产品开放日",
    "persona": "客群内容",
    "appointment": "预约来访",
    "remarketing": "到期再营销",
    "callback": "短信回访",
    "hesitating": "犹豫客户",
    "handover": "移交介绍",
    "care": "关怀",
    "care.allocation": "资产配置检视",
    "care.assessment": "风险测评到期",
    "care.festival": "节日与节气",
    "care.market_event": "市场波动",
    "care.nav_fall": "净值波动",
    "care.review": "定期检视",
    "care.yield_gap": "收益与基准有差距",
    "group.daily": "客户群日常",
    "group.rules": "群规",
    "moment.daily": "朋友圈日常",
    "sidebar": "聊天里选用",
    "sidebar.assessment": "请客户做测评",
    "sidebar.complaint": "客户有意见",
    "sidebar.fraud": "疑似诈骗",
    "sidebar.greeting": "打招呼",
    "sidebar.mismatch": "产品与风险等级不符",
    "sidebar.promise": "客户要求承诺收益",
    "sidebar.unsubscribe": "客户不想再收到",
    "article": "资讯",
    "media": "素材",
    "product.card": "产品卡",
}


def scene_names(request: Request) -> Mapping[str, str]:
    """What scenes are called: those of the reminder policy by trigger and distance, and the rest."""
    named = dict(SCENES)
    for trigger in request.app.state.parts.reminders.trigger:
        for step in trigger.step:
            distance = "当天" if step.days_left == 0 else f"前{distance_words(step.days_left)}"
            if step.days_after:
                distance = f"后 {step.days_after} 天"
            named[step.scene] = f"{trigger.title}{distance.replace(' 天后', ' 天')}"
        named |= {scene: f"{trigger.title}：{word}" for word, scene in trigger.by_note.items()}
    return named


def scene_text(scene: str, names: Mapping[str, str]) -> str:
    """A scene for people; one without a name is shown as it is."""
    if scene in names:
        return names[scene]
    return names.get(scene.partition(".")[0], scene)


def audience(script: ApprovedScript) -> str:
    """For whom a script is written."""
    whom = [*sorted(script.personas), *sorted(script.tiers)]
    return "、".join(whom) or "全部客群"


def chosen_version(every: Sequence[VersionFact], number: int | None) -> VersionFact:
    """The version of that number; without one that in use, else the newest. ScriptUnknown."""
    if number is None:
        return next((one for one in every if one.script.state == State.APPROVED), every[0])
    for one in every:
        if one.script.version == number:
            return one
    raise ScriptUnknown("没有这一版话术", saw=f"第 {number} 版", do="从版本列表里选")


def product_text(script: ApprovedScript) -> str:
    """Of which kind of product, or of which product, a script speaks."""
    if script.product_kind is None:
        return "不含产品"
    kind = PRODUCT_KINDS.get(script.product_kind, script.product_kind)
    return f"{kind} {script.product_code}" if script.product_code else kind


def words(template: str) -> list[Part]:
    """A template with its fields by their labels."""
    return [
        ("var", FIELDS[name].label if name in FIELDS else name) if name else ("", text)
        for name, text in template_parts(template)
    ]


def change(old: str, new: str) -> list[Part]:
    """What was taken out and put in, fields by their labels."""
    kinds = {"keep": "", "del": "del", "ins": "ins"}
    found: list[Part] = []
    for segment in compare(old, new):
        for kind, text in words(segment.text):
            mark = kinds[segment.kind]
            found.append((mark or kind, text))
    return found


def draft_of(script: ApprovedScript) -> ScriptDraft:
    """A version as a draft, for a sample and for the next version."""
    return ScriptDraft(
        code=script.code,
        title=script.title,
        scene=script.scene,
        purpose=script.purpose,
        template=script.template,
        form=script.form,
        persona=script.persona,
        product_kind=script.product_kind,
        product_code=script.product_code,
        tiers=script.tiers,
        personas=script.personas,
        licence=script.licence,
        valid_from=script.valid_from,
        valid_until=script.valid_until,
        library=script.library,
        timing=script.timing,
        detail=script.detail,
    )


def sample(version: VersionFact) -> dict[str, Any]:
    """What a customer would see, with invented values."""
    try:
        text = version.sample or sample_of(draft_of(version.script))
    except InputRefused as error:
        text = f"试填不出来：{error.what}"
    return {"to": "样本客户", "by": "员", "parts": [("", text)], "note": "数据为示例"}


def fields_note(script: ApprovedScript) -> str:
    """Which values the bank's systems fill in."""
    if not script.fields:
        return "没有变量，每位客户看到的一样。"
    labels = "、".join(FIELDS[name].label for name in script.fields if name in FIELDS)
    return f"变量 {len(script.fields)} 个：{labels}。由核心系统填，缺一个就不能发。"


def checks(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The automatic checks."""
    return [
        {"level": one.level, "name": one.check, "text": one.saying, "href": None, "link": ""}
        for one in findings
    ]


def steps(
    version: VersionFact, names: Names, policy: ApprovalPolicy | None = None
) -> list[dict[str, str]]:
    """The life of a version so far, and what it waits for."""
    found = [
        {
            "state": "done",
            "text": f"{names.actor(one.by)}{STEPS.get(one.act, one.act)}",
            "small": long_stamp(one.at) + (f" · “{one.saying}”" if one.saying else ""),
        }
        for one in version.steps
    ]
    if version.script.state == State.SUBMITTED:
        found += _ahead(version, policy or shipped())
    return found


def _ahead(version: VersionFact, policy: ApprovalPolicy) -> list[dict[str, str]]:
    """The levels that have not decided yet."""
    script = version.script
    two = policy.needs_two(
        library=script.library, product_kind=script.product_kind, purpose=script.purpose
    )
    if not two:
        return [{"state": "cur", "text": policy.final.title, "small": "要由另一个人决定"}]
    if version.checked_by is not None:
        return [{"state": "cur", "text": policy.final.title, "small": "要由第三个人决定"}]
    return [
        {"state": "cur", "text": policy.first.title, "small": "要由另一个人决定"},
        {"state": "", "text": policy.final.title, "small": "要由第三个人决定"},
    ]


def purpose(script: ApprovedScript) -> tuple[str, str]:
    """Name and colour of a purpose."""
    return PURPOSES.get(script.purpose, (script.purpose, ""))


def form_text(script: ApprovedScript) -> str:
    """For what kind of place the words are written."""
    return FORMS.get(Form(script.form).value, script.form)
