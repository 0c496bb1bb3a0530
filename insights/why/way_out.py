"""What became of it: the manager, every try, what WeCom answered, what the archive shows."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from compliance.objections import BY_CODE
from delivery import outcomes
from delivery.facts import STAFF_CARD, WELCOME
from delivery.messages.facts import Attempt, Message
from delivery.moments.rules import text_of_reason
from insights.why.facts import Mark, Proof, Step
from insights.why.origin import Behind
from insights.why.wording import (
    CALL_KINDS,
    CALLS,
    NAMES,
    OUTCOMES,
    READERS,
    RECIPIENTS,
    TASKS,
    TICKETS,
    TODOS,
)
from kit.web.formats import digest, exact_stamp

NOT_SENT: Final = "没有发的不逐件记日志，原因在审查记录和当天的编排结果里"


def member(one: Message, behind: Behind) -> list[Step]:
    """When the member of staff was told, and when they opened or confirmed it."""
    if one.kind in (WELCOME, STAFF_CARD, "refused"):
        return []
    name = behind.person(one.staff_id)
    if one.kind == "broadcast":
        mark, text = TASKS.get(one.state, ("", one.state))
        when = f" {exact_stamp(one.seen_at)}" if one.seen_at else ""
        said = f"{name}的群发任务：{text}{when}" + (f"（{one.cause}）" if one.cause else "")
    elif one.kind == "moment":
        mark, text = TASKS.get(one.state, ("", one.state))
        who = name if one.staff_id else "名单上客户的各位客户经理"
        said = f"由{who}发表的朋友圈：{text}" + (f"（{one.cause}）" if one.cause else "")
    elif one.kind == "sidebar":
        mark, said = "done", f"{name}在侧边栏点的发送"
    elif one.kind == "group":
        mark, said = "done", f"群主{name}在侧边栏点的发送"
    elif one.seen_at is not None:
        mark, said = "done", f"{name} {exact_stamp(one.seen_at)} 打开了这件待办"
    elif one.announced_at is not None:
        taken = "企业微信已收下" if one.received_at else "企业微信还没有收下"
        mark = ""
        said = f"{exact_stamp(one.announced_at)} 用晨间卡片告诉{name}，{taken}，还没有打开"
    else:
        mark, said = "", f"在{name}的待办里，还没有告诉，也没有打开"
    return [
        Step(
            "member", NAMES["member"], said, mark=_mark(mark), at=one.seen_at or one.announced_at,
            facts={"staff_id": one.staff_id, "announced_at": one.announced_at,
                   "seen_at": one.seen_at},
        )
    ]  # fmt: skip


def tries(one: Message, found: Sequence[Attempt], behind: Behind) -> list[Step]:
    """Each try in a sentence, oldest first."""
    if not found:
        if one.kind == "refused":
            return []
        return [Step("attempt", NAMES["attempt"], "还没有试过发送", mark="")]
    return [_ticket(each, behind) if each.kind == "ticket" else _call(each) for each in found]


def _ticket(each: Attempt, behind: Behind) -> Step:
    mark, text = TICKETS.get(each.state, ("", each.state))
    said = f"{exact_stamp(each.at)} {behind.person(each.by)}拿到一次性发送许可；{text}"
    return Step(
        "attempt", NAMES["attempt"], said, mark=_mark(mark),
        at=each.claimed_at or each.settled_at or each.at, ref=str(each.id), facts=_facts(each),
    )  # fmt: skip


def _call(each: Attempt) -> Step:
    mark, text = CALLS.get(each.state, ("", each.state))
    what = CALL_KINDS.get(each.kind, each.kind)
    said = f"{what}，试了 {each.tries} 次：{text}" + (f"（{each.cause}）" if each.cause else "")
    return Step(
        "attempt", NAMES["attempt"], said, mark=_mark(mark), at=each.settled_at or each.at,
        ref=str(each.id), facts=_facts(each),
    )  # fmt: skip


def _facts(each: Attempt) -> dict[str, object]:
    return {
        "kind": each.kind,
        "id": each.id,
        "state": each.state,
        "tries": each.tries,
        "said": each.said,
        "reference": each.reference,
        "cause": each.cause,
        "at": each.at,
        "due_at": each.due_at,
        "claimed_at": each.claimed_at,
        "settled_at": each.settled_at,
    }


def answer(one: Message, found: Sequence[Attempt]) -> Step:
    """What WeCom (or the text gateway) said of it; where it says nothing, that."""
    facts = {"ids": list(one.wecom_ids), "state": one.detail, "at": one.reached_at}
    ids = "、".join(one.wecom_ids)
    if one.kind == "broadcast" and one.detail:
        mark, text = RECIPIENTS.get(one.detail, ("", one.detail))
    elif one.kind == "moment" and one.detail:
        mark, text = READERS.get(one.detail, ("", one.detail))
        text += f"（{_reasons(one.reasons)}）" if one.reasons else ""
    elif one.kind == "refused":
        mark, text = "", "没有交给企业微信"
    elif any(each.kind == "ticket" for each in found):
        newest = [each for each in found if each.kind == "ticket"][-1]
        mark = "done" if newest.said.startswith("ok") else ""
        text = (
            f"企业微信客户端回报“{newest.said}”；侧边栏发送没有别的回执，送达以会话存档为准"
            if newest.said
            else "企业微信客户端没有回报；侧边栏发送没有别的回执，送达以会话存档为准"
        )
    elif found:
        newest = found[-1]
        mark, text = CALLS.get(newest.state, ("", newest.state))
        text += f"，编号 {newest.reference}" if newest.reference else ""
    else:
        mark, text = "", "还没有交给企业微信，没有回答"
    if ids:
        text += f"（企业微信编号 {ids}）"
    return Step("answer", NAMES["answer"], text, mark=_mark(mark), at=one.reached_at, facts=facts)


def _reasons(codes: str) -> str:
    """Why a customer is not on a moment's list, in words."""
    sayings = {code: found.saying.partition("。")[0] for code, found in BY_CODE.items()}
    return "；".join(text_of_reason(code, sayings) for code in codes.split(",") if code)


def archive(one: Message, found: Sequence[Attempt]) -> list[Step]:
    """Whether the archive shows the very words; only where a phone said they were sent."""
    sent = [each for each in found if each.kind == "ticket" and each.claimed_at is not None]
    if not sent:
        return []
    newest = sent[-1]
    if newest.state == "confirmed":
        mark, said = "done", f"会话存档里 {exact_stamp(newest.settled_at)} 找到一字不差的话"
    elif newest.state == "differs":
        mark, said = "bad", "会话存档里那一刻是别的话，与批准的文字不一致"
    else:
        mark, said = "", "等会话存档拉到这条消息"
    facts = {"msgid": newest.reference, "state": newest.state}
    return [
        Step("archive", NAMES["archive"], said, mark=_mark(mark), at=newest.settled_at, facts=facts)
    ]


def outcome(one: Message) -> list[Step]:
    """How it ended, where it has ended."""
    if one.kind == "refused":
        said = f"没有发：{OUTCOMES.get(one.outcome, one.outcome)}"
        if one.winner:
            said += f"，{one.reasons}"
        href = f"/c/why?key={quote(one.winner, safe='')}" if one.winner else ""
        return [
            Step(
                "outcome", NAMES["outcome"], said, mark="bad", at=one.made_at, href=href,
                link="先说的那件" if href else "",
                facts={"outcome": one.outcome, "winner": one.winner},
            )
        ]  # fmt: skip
    if one.kind != "todo":
        return []
    mark, text = TODOS.get(one.state, ("", one.state))
    noted = outcomes.TEXTS.get(one.detail, one.detail)
    said = f"{text}，客户经理记下：{noted}" if noted else text
    if one.replied_at is not None:
        said += f"；客户 {exact_stamp(one.replied_at)} 在聊天里有回复"
    if one.deal_on is not None:
        said += f"；核心系统 {one.deal_on.isoformat()} 有了新的持仓"
    facts = {
        "state": one.state,
        "outcome": one.detail,
        "replied_at": one.replied_at,
        "deal_on": one.deal_on,
    }
    return [
        Step("outcome", NAMES["outcome"], said, mark=_mark(mark), at=one.closed_at, facts=facts)
    ]


def proof(one: Message, found: Proof) -> Step:
    """What the ledger proves of all this, recomputed now."""
    facts = {
        "entries": [each.place for each in found.entries],
        "recomputed": sum(each.entries for each in found.segments),
        "sound": found.sound,
        "signed_at": found.signed_at,
        "checked_at": found.checked_at,
    }
    if not found.entries and one.kind == "refused":
        return Step("proof", NAMES["proof"], NOT_SENT, mark="", facts=facts)
    if not found.entries:
        said = "日志里没有这一件的记录"
        return Step("proof", NAMES["proof"], said, mark="bad", facts=facts)
    faults = [fault for each in found.segments for fault in each.faults]
    newest = found.entries[-1]
    if faults:
        said = f"有 {len(faults)} 处对不上，第一处 {faults[0].place}：{faults[0].saying}"
        return Step("proof", NAMES["proof"], said, mark="bad", facts=facts)
    signed = f"；最近的签名检查点 {exact_stamp(found.signed_at)}" if found.signed_at else ""
    checked = f"；上次全量核验 {exact_stamp(found.checked_at)}" if found.checked_at else ""
    said = (
        f"日志 {len(found.entries)} 条，所在的 {len(found.segments)} 段链刚刚重算"
        f" {facts['recomputed']} 条，条条与存证一致、首尾相接；最后一条 {newest.place}"
        f" 摘要 {digest(newest.hash)}{signed}{checked}"
    )
    return Step("proof", NAMES["proof"], said, ref=newest.place, facts=facts)


def _mark(text: str) -> Mark:
    return "done" if text == "done" else "bad" if text == "bad" else ""
