"""Campaigns from the command line: list, one, its customers, the draw repeated."""

import tomllib
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, ValidationError

from campaigns.waves import budget, counting, estimating, progress, repository
from campaigns.waves.errors import CampaignRefused, DrawDiffers
from campaigns.waves.facts import Asked, CampaignFact, Numbers, WaveAsked, Who
from campaigns.waves.rules import is_held_out
from commands.opening import answer, answer_lines, opened, run
from crm_sync.selection import customer_facts
from delivery import emptying
from delivery.outside.estimate import DROPPED, GOES
from kit.clock import bank_date
from wiring import campaign_duty

campaign = typer.Typer(
    help="营销活动：列出、看一个、客户、复核抽签、提交、批准、换话术、停止", no_args_is_help=True
)
STATES = {
    "proposed": "待批准",
    "approved": "已批准",
    "refused": "退回",
    "running": "进行中",
    "over": "已结束",
    "stopped": "已停止",
}
Number = Annotated[int, typer.Argument(help="活动的编号")]
PAGE = 1_000


class _Wave(BaseModel):
    model_config = ConfigDict(extra="forbid")

    script: str
    channel: str
    on: date


class _File(BaseModel):
    """A campaign as a file says it; money in 分."""

    model_config = ConfigDict(extra="forbid")

    title: str
    kind: str
    goal: str
    measure: str
    target: int
    owner: str
    departments: tuple[str, ...]
    budget_fen: int
    overrun_percent: int
    starts_on: date
    ends_on: date
    review_on: date
    segment: str
    hold_out_percent: int
    per_day: int
    preparation_id: int
    units: tuple[str, ...] = ()
    waves: tuple[_Wave, ...]

    def asked(self) -> Asked:
        """The same; the first wave for everybody, each later one for the silent."""
        plain = self.model_dump(exclude={"waves"})
        waves = [
            WaveAsked(one.script, one.channel, one.on, Who.SILENT if number else Who.EVERYBODY)
            for number, one in enumerate(self.waves)
        ]
        return Asked(**plain, waves=tuple(waves))


def read_file(path: Path) -> Asked:
    try:
        return _File.model_validate(tomllib.loads(path.read_text("utf-8"))).asked()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CampaignRefused(
            "读不了这个文件", saw=str(path)[:80], do="见 docs/campaigns.md"
        ) from error
    except ValidationError as error:
        wrong = "、".join(".".join(map(str, one["loc"])) for one in error.errors())
        raise CampaignRefused(
            "文件里的字段不对", saw=wrong[:120], do="见 docs/campaigns.md"
        ) from None


def _told(one: CampaignFact, numbers: Numbers | None = None) -> dict[str, Any]:
    told = asdict(one)
    if numbers is not None:
        told |= {
            "arms": dict(numbers.arms),
            "answered": dict(numbers.answered),
            "managers": numbers.managers,
            "outcomes": [
                {"wave": wave, "outcome": outcome, "count": many}
                for (wave, outcome), many in sorted(numbers.outcomes.items())
            ],
        }
    return told


@campaign.command("list")
def list_command(
    state: Annotated[str, typer.Option("--state", help="只看一种状态")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="最多几行")] = 50,
) -> None:
    """列出营销活动，新的在前。"""

    async def work() -> None:
        if state and state not in STATES:
            raise CampaignRefused("没有这种状态", saw=state[:20], do="、".join(STATES))
        async with opened() as parts, parts.databases.bank.reading() as session:
            found = await repository.listed(
                session, None, states=(state,) if state else (), limit=limit
            )
        answer_lines(
            (_told(one) for one in found),
            lambda row: (
                f"{row['campaign_id']}  {row['starts_on']}  {STATES[row['state']]}  {row['title']}"
            ),
        )

    run(work)


@campaign.command("show")
def show_command(number: Number) -> None:
    """一个活动：波次、人数、每一波的结果、停止时已交给企业微信的群发。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            one = await repository.one(session, number, None)
            numbers = await counting.numbers(session, number, None)
            tasks = await emptying.handed_tasks(session, one.name, None)
            far = await progress.progress(session, one, None, bank_date(parts.clock()))
            spent = await budget.spent(session, number)
        answer(
            {
                **_told(one, numbers),
                "tasks": [asdict(task) for task in tasks],
                "progress": asdict(far) if far else None,
                "spent_fen": spent,
            },
            f"{one.title}  {STATES[one.state]}  {one.cause}",
            f"考核 {one.measure}：{far.value if far else '—'} / {one.target}，"
            f"已花 {spent / 100:,.2f} / {one.budget_fen / 100:,.2f} 元",
            f"触达组 {numbers.arms.get('treated', 0)} 户，对照组 {numbers.arms.get('held', 0)} 户",
            *(
                f"第 {wave} 波 {outcome} {many} 户"
                for (wave, outcome), many in sorted(numbers.outcomes.items())
            ),
            *(
                f"已交给企业微信：{task.staff_id} {task.customers} 户，{task.cause}"
                for task in tasks
            ),
        )

    run(work)


@campaign.command("estimate")
def estimate_command(
    number: Number,
    wave: Annotated[int, typer.Option(min=0, max=99, help="第几波；不写就是第一波群发")] = 0,
    fate: Annotated[str, typer.Option(help="只列一种去向")] = "",
) -> None:
    """批准之前：一波群发按现在知道的到不了谁、为什么。"""

    async def work() -> None:
        if fate and fate not in (GOES, *DROPPED):
            raise CampaignRefused("没有这种去向", saw=fate[:20], do="、".join((GOES, *DROPPED)))
        people: list[dict[str, Any]] = []
        after = 0
        async with opened() as parts, parts.databases.bank.reading() as session:
            one = await repository.one(session, number, None)
            first = next((each.number for each in estimating.estimated(one)), 0)
            found = await estimating.of_wave(
                session, one, wave or first, known=campaign_duty.known(parts), desk=parts.desk,
                at=parts.clock(),
            )  # fmt: skip
            while page := await estimating.lines(
                session, found, fate=fate, limit=PAGE, after=after
            ):
                after = page[-1].customer_id
                near = await customer_facts(session, [line.customer_id for line in page])
                people += [
                    {
                        **asdict(line),
                        "customer_no": near[line.customer_id].customer_no
                        if line.customer_id in near
                        else "",
                    }
                    for line in page
                ]
        answer(
            {
                "campaign_id": number,
                "wave": found.wave.number,
                "since": found.over.since,
                "guessed": found.over.guessed,
                "counts": dict(found.counts),
                "customers": people,
            },
            f"第 {found.wave.number} 波：预计发到 {found.counts[GOES]} 户，到不了 {found.dropped} 户",
            *(f"  {why}：{found.counts[name]} 户" for name, why in DROPPED.items()),
            *(f"{line['customer_no']}  {line['staff_id']}  {line['fate']}" for line in people),
        )

    run(work)


@campaign.command("members")
def members_command(
    number: Number,
    arm: Annotated[str, typer.Option("--arm", help="treated 触达组 | held 对照组")] = "",
    wave: Annotated[int, typer.Option("--wave", min=0, help="只看一波")] = 0,
) -> None:
    """活动的客户，一行一位：分组、先后、这一波的结果。"""

    async def work() -> None:
        lines: list[dict[str, Any]] = []
        async with opened() as parts, parts.databases.bank.reading() as session:
            await repository.one(session, number, None)
            after = 0
            while page := await counting.lines(
                session, number, None, arm=arm, wave=wave, limit=PAGE, after=after
            ):
                after = page[-1].customer_id
                people = await customer_facts(session, [one.customer_id for one in page])
                lines += [
                    {
                        **asdict(one),
                        "customer_no": people[one.customer_id].customer_no
                        if one.customer_id in people
                        else "",
                    }
                    for one in page
                ]
        answer_lines(
            lines,
            lambda row: f"{row['customer_no']}  {row['staff_id']}  {row['arm']}  {row['turn']}",
        )

    run(work)


@campaign.command("draw-check")
def draw_check_command(number: Number) -> None:
    """按记下的种子重抽一遍，和对照组逐位比。不一致退出码 3。"""

    async def work() -> None:
        held, wrong, total, after = 0, 0, 0, 0
        async with opened() as parts, parts.databases.bank.reading() as session:
            one = await repository.one(session, number, None)
            while page := await counting.lines(session, number, None, limit=PAGE, after=after):
                after = page[-1].customer_id
                for line in page:
                    out = is_held_out(line.customer_id, one.seed, one.hold_out_percent)
                    total, held = total + 1, held + out
                    wrong += out != (line.arm == "held")
        if wrong:
            raise DrawDiffers(
                "对照组和抽签对不上",
                saw=f"{wrong} 位",
                where=f"/c/campaigns/{number}",
                do="查是谁改了客户分组，审计日志里有抽签那一刻的人数",
            )
        answer(
            {
                "campaign_id": number,
                "seed": one.seed,
                "customers": total,
                "held": held,
                "same": True,
            },
            f"一致：{total} 户，对照组 {held} 户",
        )

    run(work)
