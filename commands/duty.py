"""``gengyun duty``: who must be contacted by when, today's plan, playbooks by tier and layer."""

from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

import typer

from commands.opening import OPTIONS, answer, answer_lines, opened, run, say
from commands.planning import day_of
from config import policy_catalogue as kinds
from crm_sync.repository.staff import staff_by_id, units_by_id
from crm_sync.selection import customer_facts
from kit.clock import bank_date
from kit.errors import InputRefused
from portfolio.contact_plan import lists
from portfolio.contact_plan.rules import sentence
from portfolio.duty import standings
from portfolio.duty.rules import next_contact
from portfolio.playbooks.rules import layer_of, playbook_of
from wiring import contact_duty

duty = typer.Typer(help="联络责任、每日联络计划、分层打法")
Staff = Annotated[str | None, typer.Option("--staff", help="工号")]
Limit = Annotated[int, typer.Option("--limit", help="最多几行", min=1, max=100_000)]
Day = Annotated[str | None, typer.Option("--date", help="哪一天，默认今天")]


class PlaybookUnknown(InputRefused):
    """There is no playbook of that tier, or the amount is none."""

    code = "E-5456"


class ShowUnknown(InputRefused):
    """There is no such list of standings."""

    code = "E-5457"


@duty.command("run")
def run_command(day: Day = None) -> None:
    """重算联络责任、推进盘活、暂停、排当天的联络计划；再做一遍不改动什么。"""

    async def work() -> None:
        async with opened() as parts:
            at = parts.clock()
            on = day_of(day, bank_date(at)) if day else None
            done = await contact_duty.morning(parts, at, on=on, by="system:cli")
            answer(
                done,
                f"联络责任变化 {done['changed']} 户，不再管户 {done['ended']} 户",
                f"盘活推进 {done['advanced']} 户，暂停 {done['parked']} 户，恢复 {done['resumed']} 户",
                f"联络计划 {done['managers']} 位客户经理，{done['contacts']} 位客户",
            )

    run(work)


@duty.command("classes")
def classes_command(
    start: Annotated[str | None, typer.Option("--from", help="最近一次有效联络")] = None,
) -> None:
    """各类客户最晚哪天要再联络。"""

    async def work() -> None:
        async with opened() as parts:
            policy = parts.shelf.of(kinds.CONTACT_DUTY)
            base = day_of(start, bank_date(parts.clock()))
        answer_lines(
            (
                {
                    "class": one.name,
                    "days": one.days,
                    "next": next_contact(one.name, base, policy).isoformat(),
                    "plan": one.plan,
                }
                for one in policy.classes
            ),
            lambda row: (
                f"{row['class']} 类：每 {row['days']} 天，最晚 {row['next']}"
                f"{'，要有盘活计划' if row['plan'] else ''}"
            ),
        )

    run(work)


@duty.command("list")
def list_command(
    show: Annotated[str, typer.Option("--show", help="、".join(standings.SHOWS))] = "breach",
    staff: Staff = None,
    unit: Annotated[str | None, typer.Option("--unit", help="机构号（不含下级）")] = None,
    limit: Limit = 50,
) -> None:
    """违约或其他名单，最久没联络的在前；先按客户经理和机构计数。"""

    async def work() -> None:
        if show not in standings.SHOWS:
            raise ShowUnknown("没有这种名单", saw=show[:20], do="、".join(standings.SHOWS))
        async with opened() as parts, parts.databases.bank.reading() as session:
            terms = contact_duty.terms(parts, bank_date(parts.clock()))
            wanted = standings.Wanted(
                units=frozenset({unit}) if unit else None,
                staff_id=staff,
                show=next(one for one in standings.SHOWS if one == show),
            )
            total = await standings.count(session, wanted, terms)
            by_staff = await standings.counted(session, wanted, terms, by="staff")
            by_unit = await standings.counted(session, wanted, terms, by="unit")
            shown = await standings.page(session, wanted, terms, limit=limit)
            people = await staff_by_id(session, [one.key for one in by_staff])
            units = await units_by_id(session, [one.key for one in by_unit])
            facts = await customer_facts(session, [one.customer_id for one in shown])
        rows: list[dict[str, Any]] = [
            {
                "customer_no": facts[one.customer_id].customer_no,
                "staff_id": one.staff_id,
                "unit_id": one.unit_id,
                "class": one.grade,
                "days": one.duty.elapsed,
                "next_on": one.duty.next_on.isoformat(),
                "breach": one.duty.breach,
                "late": one.duty.late,
                "unplanned": one.duty.unplanned,
            }
            for one in shown
            if one.customer_id in facts
        ]
        answer(
            {
                "show": show,
                "total": total,
                "by_staff": {one.key: one.assigned for one in by_staff},
                "by_unit": {one.key: one.assigned for one in by_unit},
                "rows": rows,
            },
            f"{show}：{total} 户",
        )
        for one in by_unit:
            say(f"  {units[one.key].name if one.key in units else one.key}：{one.assigned} 户")
        for one in by_staff:
            say(f"  {people[one.key].name if one.key in people else one.key}：{one.assigned} 户")
        for row in rows:
            say(f"  ****{row['customer_no'][-4:]}  {row['class'] or '—'}  已 {row['days']} 天")

    run(work)


@duty.command("day")
def day_command(staff: Staff = None, day: Day = None, limit: Limit = 1000) -> None:
    """某天的联络客户计划：每位客户的理由，做了没有。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            on = day_of(day, bank_date(parts.clock()))
            policies = contact_duty.plan_terms(parts)
            wanted = lists.Wanted(on, staff_id=staff)
            shown = await lists.page(session, wanted, policies.duty, limit=limit)
            facts = await customer_facts(session, [one.customer_id for one in shown])
        rows: list[dict[str, Any]] = [
            {
                "staff_id": one.staff_id,
                "place": one.place,
                "customer_no": facts[one.customer_id].customer_no,
                "score": one.score,
                "reasons": [sentence(each, policies.plan, policies.duty) for each in one.reasons],
                "done_at": one.done_at,
                "channel": one.channel,
            }
            for one in shown
            if one.customer_id in facts
        ]
        if not OPTIONS["json"]:
            for name, number in Counter(row["staff_id"] for row in rows).items():
                say(f"{on} {name}：{number} 位")
        answer_lines(
            rows,
            lambda row: (
                f"  {row['staff_id']} {row['place']:>2} ****{row['customer_no'][-4:]}"
                f" {'已联络' if row['done_at'] else '未联络'}  {'；'.join(row['reasons'])}"
            ),
        )

    run(work)


@duty.command("playbook")
def playbook_command(
    tier: Annotated[str | None, typer.Option("--tier", help="层级")] = None,
    yuan: Annotated[str | None, typer.Option("--yuan", help="金融资产，元")] = None,
) -> None:
    """一个层级的打法，或一个金额对应的内容。"""

    async def work() -> None:
        async with opened() as parts:
            policy = parts.shelf.of(kinds.PLAYBOOKS)
        if tier is None and yuan is None:
            raise PlaybookUnknown("请给一个层级或金额", do="--tier 中端 或 --yuan 80000")
        picked = playbook_of(tier, policy) if tier is not None else None
        if tier is not None and picked is None:
            tiers = "、".join(one.tier for one in policy.playbooks)
            raise PlaybookUnknown("这个层级没有打法", saw=tier[:20], do=tiers)
        layer = layer_of(_fen(yuan), policy) if yuan is not None else None
        answer(
            {
                "playbook": _plain(picked),
                "layer": _plain(layer),
            }
        )
        if picked is not None:
            say(f"{picked.tier}：{picked.title}（目标：{picked.goal}；来源 {picked.source}）")
            for step in picked.steps:
                say(f"  {step}")
        if yuan is not None:
            if layer is None:
                say("这个金额不在三层之内")
            else:
                say(
                    f"{layer.name}（{layer.stance}，来源 {layer.source}）：{'、'.join(layer.contents)}"
                )

    run(work)


def _plain(one: Any) -> dict[str, Any] | None:
    """A policy's part as plain values."""
    return None if one is None else dict(one.model_dump(mode="json"))


def _fen(yuan: str) -> int:
    try:
        amount = Decimal(yuan)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0 or amount > Decimal("1e13"):
        raise PlaybookUnknown("金额写错了", saw=yuan[:20], do="写成 80000 或 80000.50")
    return int(amount * 100)
