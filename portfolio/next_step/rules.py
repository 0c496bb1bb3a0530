"""Which step comes next, and why. Pure: facts and policy in, a step and sentences out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from config.next_step_policy import ORDER, FlowStep, NextStepPolicy

SIDEBAR: Final = "sidebar."


@dataclass(frozen=True, slots=True)
class FlowFacts:
    """What is known of one customer: the newest day of each step, of a word from them, of a deal."""

    done: Mapping[str, date]
    wrote_on: date | None = None
    deal_on: date | None = None


@dataclass(frozen=True, slots=True)
class NextStep:
    """``place`` from 0; ``wait_days``: how much longer to wait, 0 for now; ``why`` sentences."""

    place: int
    step: FlowStep
    why: tuple[str, ...]
    wait_days: int = 0


def step_of(trigger: str, policy: NextStepPolicy) -> str | None:
    """The step that a touch counts as, by its scene; the longest beginning decides."""
    scene = trigger.removeprefix(SIDEBAR)
    found = [
        (len(beginning), one.key)
        for one in policy.step
        for beginning in one.scenes
        if scene.startswith(beginning)
    ]
    return max(found)[1] if found else None


def next_step(facts: FlowFacts, policy: NextStepPolicy, today: date) -> NextStep:
    """The step to take now. What is older than the cycle counts as not done."""
    lately = {
        key: on for key, on in facts.done.items() if 0 <= (today - on).days <= policy.cycle_days
    }
    deal = facts.deal_on
    if deal is not None and 0 <= (today - deal).days <= policy.cycle_days:
        return _keeping(lately, deal, policy, today)
    invited = lately.get("invite")
    wrote = facts.wrote_on
    if invited is not None and wrote is not None and wrote >= invited and "open" not in lately:
        lately["open"] = wrote
    walked = [key for key in ORDER[:-1] if key in lately]
    if not walked:
        nothing = f"近 {policy.cycle_days} 天没有排过联络，也没有联系过"
        return NextStep(0, policy.step[0], (nothing,))
    last = walked[-1]
    since = (today - lately[last]).days
    told = f"{_day(lately[last])}做到“{policy.step[ORDER.index(last)].title}”"
    if since > policy.stale_days:
        return NextStep(1, policy.step[1], (told, f"之后 {since} 天没有进展，从邀约重新来"))
    place = min(ORDER.index(last) + 1, ORDER.index("close"))
    step = policy.step[place]
    why = (told, *_reply(wrote, lately[last]))
    replied = wrote is not None and wrote >= lately[last]
    return NextStep(place, step, why, 0 if replied else max(0, step.wait_days - since))


def _keeping(
    lately: Mapping[str, date], deal: date, policy: NextStepPolicy, today: date
) -> NextStep:
    step = policy.step[-1]
    kept = max((on for key, on in lately.items() if key == "keep" and on > deal), default=None)
    told = (f"{_day(deal)}办成",)
    if kept is None:
        return NextStep(5, step, told, max(0, step.wait_days - (today - deal).days))
    again = max(0, policy.keep_every_days - (today - kept).days)
    return NextStep(5, step, (*told, f"{_day(kept)}维护过一次"), again)


def _reply(wrote: date | None, since: date) -> tuple[str, ...]:
    if wrote is None:
        return ("会话存档里没有客户说过话的记录",)
    return (f"{_day(wrote)}客户说过话",) if wrote >= since else ()


def _day(on: date) -> str:
    return f"{on.month} 月 {on.day} 日"
