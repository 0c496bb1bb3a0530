"""Why it was allowed: what the customer had agreed to, what the gate said, which quota it took."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from compliance import repository as standing_of
from compliance.consent import holding
from compliance.facts import ConsentFact, DecisionRow, Purpose
from compliance.objections import BY_CODE
from compliance.policy import GatePolicy
from delivery.channel_choice import in_words
from delivery.facts import STAFF_CARD
from delivery.messages.facts import Message, Slot
from insights.why.facts import Mark, Step
from insights.why.wording import FAMILIES, NAMES, OUTCOMES, PURPOSES, SCOPES, WINDOWS
from kit.web.formats import exact_stamp, iso_day

NO_GATE: Final = {STAFF_CARD: "没有对客户说的话，不用审查"}
JUDGED_SHOWN: Final = 5
NOT_ONE_CUSTOMER: Final = {
    STAFF_CARD: "给本行员工的，不涉及客户的授权",
    "group": "发给群里每一位成员，授权由审查按最弱的一位判断",
}


async def consent(session: AsyncSession, one: Message) -> Step:
    """What held of the customer's own word when it was made, and what they said since."""
    if one.kind in NOT_ONE_CUSTOMER:
        return Step("consent", NAMES["consent"], NOT_ONE_CUSTOMER[one.kind], mark="")
    if one.customer_id is None:
        said = "还不知道是哪位客户，没有可查的授权；是否允许由审查判断"
        return Step("consent", NAMES["consent"], said, mark="")
    if not one.purpose:
        return Step("consent", NAMES["consent"], "没有送审，没有用到授权", mark="")
    history = await standing_of.consent_history(session, one.customer_id)
    before = [each for each in history if each.at <= one.made_at]
    then = holding(before).get((one.customer_id, one.purpose))
    after = [each for each in history if each.at > one.made_at and each.purpose == one.purpose]
    now = (await standing_of.recipient_standing(session, [one.customer_id]))[one.customer_id]
    title = PURPOSES.get(one.purpose, one.purpose)
    parts = [_then(then, title)]
    parts += [f"之后客户 {exact_stamp(each.at)} {_word(each)}（{each.source}）" for each in after]
    if now.suppressed:
        parts.append(
            "现在登记着" + "、".join(SCOPES.get(each, each) for each in sorted(now.suppressed))
        )
    if now.complaint_open:
        parts.append("现在有投诉在办")
    facts = {
        "purpose": one.purpose,
        "given": None if then is None else then.given,
        "source": "" if then is None else then.source,
        "notice": "" if then is None else then.notice,
        "at": None if then is None else then.at,
        "since": [{"given": each.given, "source": each.source, "at": each.at} for each in after],
        "suppressed_now": sorted(now.suppressed),
        "complaint_open_now": now.complaint_open,
    }
    mark: Mark = "" if then is None else "done" if then.given else "bad"
    return Step(
        "consent", NAMES["consent"], "；".join(parts), mark=mark,
        at=None if then is None else then.at, facts=facts,
    )  # fmt: skip


def _word(one: ConsentFact) -> str:
    return "同意" if one.given else "撤回或拒绝"


def _then(one: ConsentFact | None, title: str) -> str:
    if one is None:
        return f"当时没有登记过客户对“{title}”的同意或拒绝，是否需要由审查判断"
    notice = f"，告知书 {one.notice}" if one.notice else ""
    return f"当时有效的是 {exact_stamp(one.at)} 客户对“{title}”{_word(one)}（{one.source}{notice}）"


def gate(one: Message, judged: Sequence[tuple[datetime, DecisionRow]]) -> list[Step]:
    """What the gate said each time it was asked, the oldest of the newest few first."""
    if not judged:
        if one.kind == "refused":
            said = OUTCOMES.get(one.outcome, one.outcome)
            reasons = one.reasons
            if one.outcome == "unreachable":
                reasons = "；".join(in_words(one.reasons))
            more = f"：{reasons}" if reasons else ""
            return [
                Step("gate", NAMES["gate"], f"没有送审，{said}{more}", mark="bad", at=one.made_at)
            ]
        said = "没有审查记录"
        if one.script_version_id is None:
            said = NO_GATE.get(one.kind, "这一件不带话术，不用审查")
        return [
            Step("gate", NAMES["gate"], said, mark="" if one.script_version_id is None else "bad")
        ]
    steps = []
    for at, each in reversed(judged[:JUDGED_SHOWN]):
        facts = {
            "verdict": each.verdict,
            "channel": each.channel,
            "objections": list(each.objections),
            "details": dict(each.details),
            "rulebook": each.rulebook,
            "text_hash": each.text_hash,
        }
        if each.objections:
            whys = "；".join(f"{_saying(code)}（{code}）" for code in each.objections)
            said = f"{len(each.objections)} 条规则不允许：{whys}"
        else:
            said = "没有一条规则不允许：适当性、授权、频次、时段、内容都通过"
        mark: Mark = "bad" if each.objections else "done"
        steps.append(Step("gate", NAMES["gate"], said, mark=mark, at=at, facts=facts))
    return steps


def _saying(code: str) -> str:
    return BY_CODE[code].saying.partition("。")[0] if code in BY_CODE else code


def quota(one: Message, slots: Sequence[Slot], policy: GatePolicy) -> Step:
    """Which uses of the customer's quota it holds, and what the caps are now."""
    if slots:
        parts = [_slot(each, one, policy) for each in slots]
        said = "占用：" + "，".join(parts)
        facts = {
            "slots": [
                {
                    "family": each.family,
                    "window": each.window,
                    "starts_on": each.starts_on,
                    "number": each.number + 1,
                }
                for each in slots
            ]
        }
        return Step("quota", NAMES["quota"], said, facts=facts)
    if one.kind == "refused":
        over = one.outcome in ("over_quota", "outranked")
        said = f"{OUTCOMES[one.outcome]}，没有占频次" if over else "没有安排，不占频次"
        return Step("quota", NAMES["quota"], said, mark="bad" if over else "", facts={"slots": []})
    if one.kind == STAFF_CARD:
        return Step("quota", NAMES["quota"], "不计客户的频次", mark="", facts={"slots": []})
    said = (
        "不带话术，不计频次"
        if one.script_version_id is None
        else "没有占着频次：没有发出的已退还，欢迎语不计"
    )
    return Step("quota", NAMES["quota"], said, mark="", facts={"slots": []})


def _family(name: str) -> str:
    """``service`` or, of a group's own slots, ``group.service``."""
    own, _, purpose = name.rpartition(".")
    title = FAMILIES.get(purpose, purpose)
    return f"本群{title}" if own == "group" else title


def _slot(one: Slot, message: Message, policy: GatePolicy) -> str:
    family = "这次活动" if one.family.startswith("cmp.") else _family(one.family)
    window = WINDOWS.get(one.window, one.window)
    most = None
    if one.family == message.purpose and one.family in PURPOSES:
        caps = policy.caps(Purpose(one.family))
        most = {"day": caps.day, "week": caps.week, "month": caps.month}.get(one.window)
    cap = f"，现行上限 {most} 次" if most is not None else ""
    since = "" if one.window in ("day", "campaign") else f"从 {iso_day(one.starts_on)} 起"
    return f"{window}{since}{family}第 {one.number + 1} 次{cap}"
