"""Corp moments from the command line: list, one, who may see it, the check at WeCom, the acts."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from commands.opening import answer, answer_lines, opened, run, say
from commands.rows import moment as moment_of
from compliance.objections import BY_CODE
from config import policy_catalogue
from crm_sync import shown_tags
from crm_sync.access import viewer
from crm_sync.facts import Viewer
from crm_sync.repository.products import units_under
from crm_sync.selection import customer_facts
from delivery.errors import MomentRefused, MomentStrangers
from delivery.moments import repository, service
from delivery.moments.facts import MomentFact, Numbers, Proposal, ReaderState
from delivery.moments.rules import text_of_reason
from kit.clock import BANK_TIME
from wiring import moment_duty
from wiring.parts import Parts

moment = typer.Typer(help="企业朋友圈：列出、看一条、可见名单、核对标签、申请、批准、停止")
STATES = {
    "proposed": "待批准",
    "approved": "已批准",
    "refused": "退回",
    "listed": "进行中",
    "over": "已结束",
    "stopped": "已停止",
    "failed": "没有办成",
}
Number = Annotated[int, typer.Argument(help="企业朋友圈的编号")]
By = Annotated[str, typer.Option("--by", help="经办人工号")]
SEEN = (ReaderState.PLANNED, ReaderState.SHOWN, ReaderState.MISSED)


def _clock(at: datetime) -> str:
    return f"{at.astimezone(BANK_TIME):%m-%d %H:%M}"


def _told(one: MomentFact, numbers: Numbers) -> dict[str, Any]:
    return {
        **asdict(one),
        "preview": _counts(one),
        "readers": dict(numbers.readers),
        "senders": dict(numbers.senders),
        "reasons": dict(numbers.reasons),
    }


def _counts(one: MomentFact) -> dict[str, Any]:
    """What was judged ahead, in numbers; the customers behind them are for the page."""
    return {name: value for name, value in one.preview.items() if name != "ids"}


async def _who(
    session: AsyncSession, parts: Parts, staff_id: str, roles: tuple[str, ...]
) -> tuple[Viewer, str, frozenset[str] | None]:
    """The person with their unit and the units in their sight (None: the whole bank)."""
    relations = parts.shelf.of(policy_catalogue.OWNERSHIP).relations
    who = await viewer(session, staff_id, parts.clock(), relations)
    if not set(roles) & set(who.roles):
        raise MomentRefused(
            "这个人不能办企业朋友圈", saw=staff_id[:20], do="要有运营或网点负责人角色"
        )
    if who.whole_bank:
        return who, "hq", None
    return who, who.unit_id, await units_under(session, {who.unit_id})


@moment.command("list")
def list_command(
    state: Annotated[str, typer.Option("--state", help="只看一种状态")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500, help="最多几行")] = 50,
) -> None:
    """列出企业朋友圈，新的在前。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            found = await repository.listed(session, None, state=state, limit=limit)
            numbers = await repository.numbers(session, [one.task_id for one in found])
        answer_lines(
            (_told(one, numbers[one.task_id]) for one in found),
            lambda row: (
                f"{row['task_id']}  {_clock(row['starts_at'])}  {STATES[row['state']]}"
                f"  {row['title']}  {row['audience_title']}"
            ),
        )

    run(work)


@moment.command("show")
def show_command(number: Number) -> None:
    """一条企业朋友圈：文字、客群、时间、人数、没有列入的原因、请求。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            one = await repository.one(session, number, None)
            numbers = (await repository.numbers(session, [number]))[number]
            parts_of = await repository.parts(session, number)
        sayings = {code: rule.saying for code, rule in BY_CODE.items()}
        answer(
            {**_told(one, numbers), "parts": [asdict(part) for part in parts_of]},
            f"{one.title}  {STATES[one.state]}  {one.cause}",
            one.text,
            f"{one.audience_title}，{_clock(one.starts_at)} 至 {_clock(one.ends_at)}",
            f"客群 {numbers.audience} 人，可见名单 {numbers.on_list} 人",
            *(
                f"  没有列入 {many} 人：{text_of_reason(why, sayings)}"
                for why, many in sorted(numbers.reasons.items())
            ),
        )

    run(work)


@moment.command("visible")
def visible_command(number: Number) -> None:
    """可见名单，一行一位。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            await repository.one(session, number, None)
            after, rows = 0, []
            while page := await repository.readers(
                session, number, states=SEEN, limit=1_000, after=after
            ):
                after = page[-1].customer_id
                people = await customer_facts(session, [one.customer_id for one in page])
                rows += [
                    {
                        "customer_no": people[one.customer_id].customer_no
                        if one.customer_id in people
                        else "",
                        "staff_id": one.staff_id,
                        "unit_id": one.unit_id,
                        "state": one.state,
                    }
                    for one in page
                ]
        answer_lines(rows, lambda row: f"{row['customer_no']}  {row['staff_id']}  {row['state']}")

    run(work)


@moment.command("check")
def check_command(number: Number) -> None:
    """向企业微信逐位核对：带着这条朋友圈标签的，恰好是名单上的人。不一致退出码 3。"""

    async def work() -> None:
        async with opened() as parts:
            async with parts.databases.bank.reading() as session:
                one = await repository.one(session, number, None)
                listed = await repository.list_of(session, number)
                members = await repository.userids(session, number)
            carrying = (
                await shown_tags.carriers(parts.wecom, one.tag_id, members)
                if one.tag_id and members
                else frozenset()
            )
            if carrying != listed:
                raise MomentStrangers(
                    "企业微信里的可见标签和名单不一致",
                    saw=f"名单外 {len(carrying - listed)} 位，名单上没有标签 {len(listed - carrying)} 位",
                    where=f"/c/moments/{number}",
                    do="等标签写完再核；仍不一致，查是谁在企业微信里手工打的",
                )
            answer(
                {"task_id": number, "tag_id": one.tag_id, "visible": len(listed), "same": True},
                f"一致：{len(listed)} 位",
            )

    run(work)


@moment.command("propose")
def propose_command(
    title: Annotated[str, typer.Option("--title", help="标题，客户看不到")],
    script: Annotated[str, typer.Option("--script", help="朋友圈话术的编号")],
    begins: Annotated[str, typer.Option("--from", help="开始，例如 2026-11-25T10:30")],
    ends: Annotated[str, typer.Option("--to", help="结束，同一天")],
    by: By,
    persona: Annotated[str, typer.Option("--persona", help="给哪个客群")] = "",
    segment: Annotated[str, typer.Option("--segment", help="或给哪个客群规则")] = "",
    unit: Annotated[list[str] | None, typer.Option("--unit", help="由哪些机构发表")] = None,
    staff: Annotated[list[str] | None, typer.Option("--staff", help="由哪些客户经理发表")] = None,
    material: Annotated[list[str] | None, typer.Option("--material", help="配的素材")] = None,
) -> None:
    """申请一条；由另一位同事批准。"""

    async def work() -> None:
        starts_at, ends_at = moment_of(begins), moment_of(ends)
        if starts_at is None or ends_at is None or bool(persona) == bool(segment):
            raise MomentRefused("开始、结束，客群或客群规则之一，都要写", do="见 docs/moments.md")
        async with opened() as parts:
            async with parts.databases.bank.transaction() as session:
                _, home, units = await _who(session, parts, by, ("ops", "branch"))
                wanted = tuple(unit or (() if units is None else (home,)))
                if units is not None and not set(wanted) <= units:
                    raise MomentRefused("机构不在您的范围内", saw="、".join(wanted)[:40])
                number = await service.propose(
                    session,
                    Proposal(
                        title,
                        script,
                        "persona" if persona else "segment",
                        persona or segment,
                        starts_at,
                        ends_at,
                        wanted,
                        tuple(staff or ()),
                        tuple(material or ()),
                    ),
                    known=moment_duty.known(parts),
                    desk=parts.desk,
                    by=f"staff:{by}",
                    unit_id=home,
                    at=parts.clock(),
                )
                one = await repository.one(session, number, None)
            answer(
                {"task_id": number, "preview": _counts(one)},
                f"已申请，编号 {number}，等另一位同事批准",
                f"先判了 {one.preview['looked']} 位：{one.preview['passed']} 位能看到",
            )

    run(work)


@moment.command("decide")
def decide_command(
    number: Number,
    opinion: Annotated[str, typer.Option("--opinion", help="意见，写入日志")],
    by: By,
    agree: Annotated[bool, typer.Option("--approve/--refuse", help="批准或退回")],
) -> None:
    """批准或退回一条申请；要和申请人不是同一个人。"""

    async def work() -> None:
        async with opened() as parts:
            async with parts.databases.bank.transaction() as session:
                _, _, units = await _who(session, parts, by, ("ops", "branch", "compliance"))
                await service.decide(
                    session,
                    number,
                    agree=agree,
                    opinion=opinion,
                    by=f"staff:{by}",
                    at=parts.clock(),
                    units=units,
                )
            state = "approved" if agree else "refused"
            answer({"task_id": number, "state": state}, STATES[state])

    run(work)


@moment.command("stop")
def stop_command(
    number: Number, reason: Annotated[str, typer.Option("--reason", help="为什么")], by: By
) -> None:
    """停止一条：没有调用的不调用，没有发表的收回。"""

    async def work() -> None:
        async with opened() as parts:
            async with parts.databases.bank.transaction() as session:
                _, _, units = await _who(session, parts, by, ("ops", "branch", "compliance"))
                await service.stop(
                    session,
                    number,
                    reason=reason,
                    by=f"staff:{by}",
                    at=parts.clock(),
                    units=units,
                )
            answer({"task_id": number, "state": "stopped"}, STATES["stopped"])

    run(work)


@moment.command("run")
def run_command() -> None:
    """现在就做一遍每分钟的事：圈定快到时间的名单，问企业微信结果。"""

    async def work() -> None:
        async with opened() as parts:
            done = await moment_duty.minutely(parts, parts.clock())
            answer(dict(done), *(f"{name}  {many}" for name, many in done.items()))
            say("打标签和调用由服务进程随后完成")

    run(work)
