"""Acts on campaigns from the command line: what they would mean, propose, decide, change, spend, stop."""

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.waves import budget, selecting, service
from campaigns.waves.errors import CampaignRefused
from campaigns.waves.selecting import Forecast
from commands.campaigns import STATES, Number, campaign, read_file
from commands.opening import answer, opened, run
from config import policy_catalogue
from crm_sync.access import viewer
from crm_sync.repository.products import units_under
from crm_sync.repository.staff import units as every_unit
from kit.clock import bank_date
from portfolio.preparation import records
from wiring import campaign_duty
from wiring.parts import Parts

__all__ = ["campaign"]
ACTING = ("ops", "branch")
DECIDING = ("ops", "branch", "compliance")
Wave = Annotated[int, typer.Argument(help="第几波")]
By = Annotated[str, typer.Option("--by", help="经办人工号")]
Agree = Annotated[bool, typer.Option("--approve/--refuse", help="批准或退回")]
Reason = Annotated[str, typer.Option("--reason", help="为什么，写入日志")]


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
        roots = [one.unit_id for one in await every_unit(session) if one.parent_id is None]
        return next(iter(roots), who.unit_id), None
    return who.unit_id, await units_under(session, {who.unit_id})


async def _examined(
    session: AsyncSession, parts: Parts, file: Path, by: str
) -> tuple[service.Examined, Forecast]:
    """What a file asks for, without a fault, and what it would mean."""
    asked = read_file(file)
    home, units = await _who(session, parts, by, ACTING)
    if units is not None and not set(asked.units) <= units:
        raise CampaignRefused("机构不在您的范围内", saw="、".join(asked.units)[:40])
    record = await records.one(session, asked.preparation_id, units=units)
    examined = await service.examine(
        session,
        asked,
        missing=[box.title for box in record.readiness.missing],
        policy=parts.shelf.of(policy_catalogue.CAMPAIGNS),
        unit_id=home,
        at=parts.clock(),
    )
    found = await selecting.forecast(
        session, asked.segment, asked.units or (home,), campaign_duty.known(parts), parts.clock()
    )
    return examined, found


@campaign.command("load")
def load_command(
    file: Annotated[Path, typer.Argument(help="活动的 TOML 文件，字段见 docs/campaigns.md")], by: By
) -> None:
    """提交之前：客群有多少人，每位经理要做多少、做几天。什么也不存。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            examined, found = await _examined(session, parts, file, by)
        out, per_day = examined.asked.hold_out_percent, examined.asked.per_day
        answer(
            {
                **asdict(found),
                "treated": found.treated(out),
                "days": found.days(out, per_day),
            },
            f"客户 {found.customers} 户，触达组约 {found.treated(out)} 户，好友 {found.friends} 户，"
            f"没有管户经理 {found.uncovered} 户",
            f"客户经理 {found.managers} 位，每人每天 {per_day} 件，最忙的要 {found.days(out, per_day)} 天",
            *(
                f"  {one.staff_id}  {one.unit_id}  约 {found.treated(out, one.customers)} 户"
                f"  手上待办 {one.waiting} 件"
                for one in found.loads
            ),
        )

    run(work)


@campaign.command("propose")
def propose_command(
    file: Annotated[Path, typer.Argument(help="活动的 TOML 文件，字段见 docs/campaigns.md")], by: By
) -> None:
    """提交一个活动；由另一位同事批准。先用 load 看每位经理的工作量。"""

    async def work() -> None:
        async with opened() as parts:
            async with parts.databases.bank.transaction() as session:
                examined, found = await _examined(session, parts, file, by)
                at = parts.clock()
                number = await service.propose(session, examined, by=f"staff:{by}", at=at)
            answer(
                {"campaign_id": number, "customers": found.customers, "managers": found.managers},
                f"已提交，编号 {number}：{found.customers} 户，{found.managers} 位客户经理，"
                "等另一位同事批准",
            )

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


@campaign.command("spend")
def spend_command(
    number: Number,
    yuan: Annotated[str, typer.Argument(help="金额（元，两位小数）；冲回写负数")],
    by: By,
    what: Annotated[str, typer.Option("--what", help="花在哪里")],
    on: Annotated[str, typer.Option("--on", help="哪一天，默认今天")] = "",
) -> None:
    """记一笔支出；超出预算和允许的超支就不记。"""

    async def work() -> None:
        async with opened() as parts:
            at = parts.clock()
            try:
                fen = int(Decimal(yuan) * 100)
                day = date.fromisoformat(on) if on else bank_date(at)
            except (ArithmeticError, ValueError):
                raise CampaignRefused("金额或日期写错了", saw=f"{yuan} {on}"[:40]) from None
            async with parts.databases.bank.transaction() as session:
                _, units = await _who(session, parts, by, ACTING)
                spent = await budget.spend(
                    session, number, what=what, amount_fen=fen, spent_on=day, by=f"staff:{by}",
                    at=at, units=units,
                )  # fmt: skip
        answer({"campaign_id": number, "spent_fen": spent}, f"已花 {spent / 100:,.2f} 元")

    run(work)


@campaign.command("run")
def run_command() -> None:
    """现在就做当天该做的：抽签、各波、结束，清空停止的活动。"""

    async def work() -> None:
        async with opened() as parts:
            done = await campaign_duty.minutely(parts, parts.clock())
            swept = await campaign_duty.sweep(parts, parts.clock())
        lines = [f"{name}  {many}" for name, many in {**done, **swept}.items() if many]
        answer({**done, **swept}, *(lines or ["现在没有要做的：当天还没有编排，或都做过了"]))

    run(work)
