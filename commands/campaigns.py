"""Campaigns from the command line: list, one, its customers, the draw repeated, the acts."""

import tomllib
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.waves import counting, repository, service
from campaigns.waves.errors import CampaignRefused, DrawDiffers
from campaigns.waves.facts import Asked, CampaignFact, Numbers, WaveAsked, Who
from campaigns.waves.rules import is_held_out
from commands.opening import answer, answer_lines, opened, run
from config import policy_catalogue
from crm_sync.access import viewer
from crm_sync.repository.products import units_under
from crm_sync.selection import customer_facts
from delivery import emptying
from portfolio.preparation import records
from wiring import campaign_duty
from wiring.parts import Parts

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
ACTING = ("ops", "branch")
DECIDING = ("ops", "branch", "compliance")
Number = Annotated[int, typer.Argument(help="活动的编号")]
Wave = Annotated[int, typer.Argument(help="第几波")]
By = Annotated[str, typer.Option("--by", help="经办人工号")]
Agree = Annotated[bool, typer.Option("--approve/--refuse", help="批准或退回")]
Reason = Annotated[str, typer.Option("--reason", help="为什么，写入日志")]
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


def _read(path: Path) -> Asked:
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


async def _who(
    session: AsyncSession, parts: Parts, staff_id: str, roles: tuple[str, ...]
) -> tuple[str, frozenset[str] | None]:
    """The unit of the person and the units in their sight (None: the whole bank)."""
    relations = parts.shelf.of(policy_catalogue.OWNERSHIP).relations
    who = await viewer(session, staff_id, parts.clock(), relations)
    if not set(roles) & set(who.roles):
        raise CampaignRefused(
            "这个人不能办营销活动", saw=staff_id[:20], do="要有运营、合规或网点负责人角色"
        )
    if who.whole_bank:
        return "hq", None
    return who.unit_id, await units_under(session, {who.unit_id})


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
        answer(
            {**_told(one, numbers), "tasks": [asdict(task) for task in tasks]},
            f"{one.title}  {STATES[one.state]}  {one.cause}",
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


@campaign.command("propose")
def propose_command(
    file: Annotated[Path, typer.Argument(help="活动的 TOML 文件，字段见 docs/campaigns.md")], by: By
) -> None:
    """提交一个活动；由另一位同事批准。"""

    async def work() -> None:
        asked = _read(file)
        async with opened() as parts:
            async with parts.databases.bank.transaction() as session:
                home, units = await _who(session, parts, by, ACTING)
                if units is not None and not set(asked.units) <= units:
                    raise CampaignRefused("机构不在您的范围内", saw="、".join(asked.units)[:40])
                record = await records.one(session, asked.preparation_id, units=units)
                number = await service.propose(
                    session,
                    asked,
                    missing=[box.title for box in record.readiness.missing],
                    policy=parts.shelf.of(policy_catalogue.CAMPAIGNS),
                    by=f"staff:{by}",
                    unit_id=home,
                    at=parts.clock(),
                )
            answer({"campaign_id": number}, f"已提交，编号 {number}，等另一位同事批准")

    run(work)


@campaign.command("decide")
def decide_command(
    number: Number,
    opinion: Annotated[str, typer.Option("--opinion", help="意见，写入日志")],
    by: By,
    agree: Agree,
) -> None:
    """批准或退回；要和提交的不是同一个人。"""

    async def work() -> None:
        async with opened() as parts:
            async with parts.databases.bank.transaction() as session:
                _, units = await _who(session, parts, by, DECIDING)
                await service.decide(
                    session, number, agree=agree, opinion=opinion, by=f"staff:{by}",
                    at=parts.clock(), units=units,
                )  # fmt: skip
            state = "approved" if agree else "refused"
            answer({"campaign_id": number, "state": state}, STATES[state])

    run(work)


@campaign.command("change")
def change_command(
    number: Number,
    wave: Wave,
    script: Annotated[str, typer.Option("--script", help="换成哪条话术")],
    reason: Reason,
    by: By,
) -> None:
    """申请给一波换话术；由另一位同事批准，没发的才换。"""

    async def work() -> None:
        async with opened() as parts:
            async with parts.databases.bank.transaction() as session:
                _, units = await _who(session, parts, by, ACTING)
                await service.ask_change(
                    session, number, wave, script, reason=reason, by=f"staff:{by}",
                    at=parts.clock(), units=units,
                )  # fmt: skip
            answer(
                {"campaign_id": number, "wave": wave, "asked": script}, "已申请，等另一位同事批准"
            )

    run(work)


@campaign.command("decide-change")
def decide_change_command(number: Number, wave: Wave, by: By, agree: Agree) -> None:
    """批准或退回换话术的申请。"""

    async def work() -> None:
        async with opened() as parts:
            async with parts.databases.bank.transaction() as session:
                _, units = await _who(session, parts, by, DECIDING)
                gone = await service.decide_change(
                    session, number, wave, agree=agree, by=f"staff:{by}", at=parts.clock(),
                    units=units,
                )  # fmt: skip
            answer(
                {"campaign_id": number, "wave": wave, "agreed": agree, "withdrawn": gone},
                f"{'已换' if agree else '不换'}，撤回没发的 {gone} 件",
            )

    run(work)


@campaign.command("stop")
def stop_command(number: Number, reason: Reason, by: By) -> None:
    """停止：立即生效；已交给企业微信、还没确认的群发随后取消。"""

    async def work() -> None:
        async with opened() as parts:
            async with parts.databases.bank.transaction() as session:
                _, units = await _who(session, parts, by, DECIDING)
                await service.stop(
                    session, number, reason=reason, by=f"staff:{by}", at=parts.clock(), units=units
                )
            done = await campaign_duty.sweep(parts, parts.clock())
            answer({"campaign_id": number, "state": "stopped", **done}, STATES["stopped"])

    run(work)


@campaign.command("run")
def run_command() -> None:
    """现在就做当天该做的：抽签、各波、结束，清空停止的活动。"""

    async def work() -> None:
        async with opened() as parts:
            done = await campaign_duty.minutely(parts, parts.clock())
            swept = await campaign_duty.sweep(parts, parts.clock())
            answer({**done, **swept}, *(f"{name}  {many}" for name, many in done.items()))

    run(work)
