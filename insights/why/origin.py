"""Where a message came from: trigger, rule, words and who agreed to them, the chosen channel."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from config.channel_choice_policy import ChannelChoicePolicy
from config.policy_catalogue import REMINDERS
from config.reminder_policy import ReminderPolicy
from content_library import repository as scripts_of
from content_library.errors import ScriptUnknown
from content_library.facts import VersionFact
from crm_sync.facts import StaffFact
from delivery.facts import STAFF_CARD, WELCOME
from delivery.messages.facts import Message
from insights.why.facts import Mark, Step
from insights.why.wording import NAMES
from kit.policies import repository as policies
from kit.policies.facts import State, Version
from kit.web.formats import digest, exact_stamp

WITHOUT_WORDS: Final = {
    "todo": "这一件不带话术，由客户经理自己联系",
    STAFF_CARD: "给本行员工的卡片，只写件数，不写客户",
    "refused": "还没有走到挑话术这一步",
}
NOT_CHOSEN: Final = {
    "outranked": "先合并当天要说的话，这一件没有走到选渠道这一步",
    "halted": "活动已经停止，没有走到选渠道这一步",
}
FEATURES: Final = {
    "campaign": "营销活动", "moment": "企业朋友圈", WELCOME: "欢迎语",
    "sidebar": "客户经理自己选用的话术", "group": "群主自己选用的话术",
}  # fmt: skip
"""What makes messages beside the reminder policy, by trigger or by kind."""
HELD: Final = (State.IN_FORCE, State.REPLACED)


@dataclass(frozen=True, slots=True)
class Behind:
    """What the sentences lean on: names, and the policies that hold now."""

    reminders: ReminderPolicy
    channels: ChannelChoicePolicy
    staff: Mapping[str, StaffFact] = field(default_factory=dict)

    def picked(self, one: Message) -> bool:
        """Whether a rule of the reminder policy picked it."""
        return any(each.name == one.trigger for each in self.reminders.trigger)

    def person(self, actor: str | None) -> str:
        """A name for ``staff:<id>``, a plain id, or a part of the system."""
        kind, _, which = (actor or "").rpartition(":")
        if kind == "system":
            return "系统"
        found = self.staff.get(which)
        return found.name if found is not None else which or "没有记下的人"


def trigger(one: Message, behind: Behind) -> Step:
    """What happened that made it due."""
    names = FEATURES | {each.name: each.title for each in behind.reminders.trigger}
    title = names.get(one.trigger, one.title or _called(one))
    if one.kind == WELCOME:
        said = "客户刚加上好友，企业微信给了一次 20 秒内有效的欢迎机会"
    elif one.kind == STAFF_CARD:
        said = f"告诉客户经理有客户要联系的卡片：“{title}”"
    elif one.kind == "sidebar":
        said = f"客户经理自己在侧边栏选用（{title}）"
    elif one.kind == "group":
        said = f"群主自己在侧边栏选用，发到客户群（{title}）"
    else:
        said = one.why or f"“{title}”选出了这位客户"
    return Step(
        "trigger", NAMES["trigger"], said, at=one.made_at,
        facts={"trigger": one.trigger, "title": title, "key": one.key},
    )  # fmt: skip


def _called(one: Message) -> str:
    """What made it, where only its code is known."""
    return f"代号 {one.trigger} 的功能" if one.trigger else "发起它的功能"


@dataclass(frozen=True, slots=True)
class Signed:
    """What people signed that a message rests on: its words, and the policy that picked it."""

    script: VersionFact | None
    policy: Version | None

    @property
    def people(self) -> set[str]:
        """Ids of everybody who signed or asked."""
        actors: list[str | None] = []
        if self.script is not None:
            script = self.script
            actors += [script.submitted_by, script.checked_by, script.decided_by]
        if self.policy is not None:
            actors += [self.policy.proposed_by, self.policy.decided_by]
        return {one.rpartition(":")[2] for one in actors if one}


async def signed(session: AsyncSession, one: Message) -> Signed:
    """The version of its words, and of the reminder policy that was in force when it was made."""
    script = None
    if one.script_version_id is not None:
        with contextlib.suppress(ScriptUnknown):
            script = await scripts_of.version(session, one.script_version_id)
    return Signed(script, _held(await policies.versions(session, REMINDERS.name), one.made_at))


def rule(one: Message, version: Version | None, behind: Behind) -> Step:
    """Which version of the policy picked it, and who put that version in force."""
    found = {each.name: each for each in behind.reminders.trigger}.get(one.trigger)
    if one.kind == STAFF_CARD:
        when = "下午给今天还没有做完的" if one.trigger == "nudge" else "早上给有新待办的"
        said = f"每天{when}客户经理一张，同一天再发还是这一张"
        return Step("rule", NAMES["rule"], said, mark="", facts={"rule": one.trigger})
    if found is None:
        title = FEATURES.get(one.trigger) or FEATURES.get(one.kind) or _called(one)
        said = f"{title}不在提醒策略里，由它自己的规则选出"
        return Step("rule", NAMES["rule"], said, mark="", facts={"rule": one.trigger})
    facts: dict[str, Any] = {"rule": found.name, "source": found.source, "policy": REMINDERS.name}
    if version is None:
        said = f"规则“{found.title}”，当时用的是随程序发布的提醒策略，本行没有改过"
        return Step("rule", NAMES["rule"], said, facts=facts | {"version": 0})
    said = (
        f"规则“{found.title}”，当时生效的是提醒策略第 {version.number} 版："
        f"{behind.person(version.proposed_by)}提出，{behind.person(version.decided_by)}"
        f" {exact_stamp(version.decided_at)} 复核同意，指纹 {digest(version.digest)}"
    )
    return Step(
        "rule", NAMES["rule"], said, at=version.decided_at,
        href=f"/c/policies/{REMINDERS.name}", link="策略",
        facts=facts | {"version": version.number, "approved_by": version.decided_by,
                       "approved_at": version.decided_at, "hash": version.digest},
    )  # fmt: skip


def _held(versions: list[Version], at: datetime) -> Version | None:
    """The newest version that had been put in force by ``at``."""
    return next(
        (
            each
            for each in versions
            if each.state in HELD and each.decided_at is not None and each.decided_at <= at
        ),
        None,
    )


def words(one: Message, version: VersionFact | None, behind: Behind) -> list[Step]:
    """The approved words, who agreed to them, when, and whether they still are what was signed."""
    if one.script_version_id is None:
        said = WITHOUT_WORDS.get(one.kind, "没有留下用的是哪一版话术")
        return [Step("script", NAMES["script"], said, mark="")]
    if version is None:
        said = f"用的是第 {one.script_version_id} 号话术，内容库里已经没有这一版"
        return [Step("script", NAMES["script"], said, mark="bad")]
    script = version.script
    return [
        Step(
            "script", NAMES["script"],
            f"话术 {script.code} 第 {script.version} 版“{script.title}”",
            href=f"/c/library/{script.code}?version={script.version}", link="话术",
            facts={"script": script.code, "version": script.version, "state": script.state},
        ),
        _approval(one, version, behind),
    ]  # fmt: skip


def _approval(one: Message, version: VersionFact, behind: Behind) -> Step:
    script = version.script
    facts = {
        "submitted_by": version.submitted_by,
        "submitted_at": version.submitted_at,
        "checked_by": version.checked_by,
        "checked_at": version.checked_at,
        "approved_by": version.decided_by,
        "approved_at": version.decided_at,
        "approved_hash": script.approved_hash,
        "hash_now": script.template_hash,
    }
    if script.approved_hash is None or version.decided_at is None:
        said = "这一版没有审核通过的记录"
        return Step("approval", NAMES["approval"], said, mark="bad", facts=facts)
    same = script.approved_hash == script.template_hash
    in_time = version.decided_at <= one.made_at
    first = (
        f"{behind.person(version.checked_by)} {exact_stamp(version.checked_at)} 初审，"
        if version.checked_by
        else ""
    )
    said = (
        f"{behind.person(version.submitted_by)} {exact_stamp(version.submitted_at)} 提交，{first}"
        f"{behind.person(version.decided_by)} {exact_stamp(version.decided_at)} 审核同意"
        f"（{version.opinion or '没有写意见'}），批准的指纹 {digest(script.approved_hash)}，"
        + ("与现在存的一致" if same else f"现在存的是 {digest(script.template_hash)}，不一致")
        + ("" if in_time else "；批准在这条消息之后")
    )
    mark: Mark = "done" if same and in_time else "bad"
    return Step("approval", NAMES["approval"], said, mark=mark, at=version.decided_at, facts=facts)


def task_approval(one: Message, behind: Behind) -> list[Step]:
    """The approval of the task as a whole, where its kind needs one (a moment)."""
    if not one.approved:
        return []
    by, at, signed = (one.approved[name] for name in ("by", "at", "hash"))
    if by is None:
        return [Step("approval", NAMES["approval"], "这条任务还没有人批准", mark="")]
    said = (
        f"{behind.person(one.approved['asked_by'])}申请，{behind.person(by)}"
        f" {exact_stamp(at)} 批准整条任务，指纹 {digest(signed)}"
    )
    facts = {"approved_by": by, "approved_at": at, "approved_hash": signed}
    return [Step("approval", NAMES["approval"], said, at=at, facts=facts)]


def channel(one: Message, behind: Behind) -> Step:
    """Which channel, why that one, and what spoke against the others."""
    if one.kind == "refused":
        said = NOT_CHOSEN.get(one.outcome, "没有选到渠道")
        return Step("channel", NAMES["channel"], said, mark="")
    said = one.channel_reason or behind.channels.title_of(one.channel)
    facts = {"channel": one.channel, "reason": one.channel_reason, "refused": one.channel_refused}
    return Step("channel", NAMES["channel"], said, at=one.made_at, facts=facts)
