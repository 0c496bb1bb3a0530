"""``gengyun benefit``, ``event`` and ``referral``: lists, giving by a file, a report.

Proposing and approving stay on the pages, where two people sign in as themselves.
"""

import csv
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import events, grants, reading
from campaigns.errors import BenefitRefused, BenefitUnknown
from campaigns.facts import BenefitFact
from commands.allocating import numbers_of
from commands.opening import answer, answer_lines, opened, run, say
from config import policy_catalogue
from crm_sync.access import viewer
from crm_sync.facts import Viewer
from crm_sync.repository.ownership import ids_of_numbers
from crm_sync.repository.staff import units as every_unit
from wiring.parts import Parts

benefit = typer.Typer(help="权益与积分：列出、按文件发放、汇总", no_args_is_help=True)
event = typer.Typer(help="活动：列出、按文件报名", no_args_is_help=True)
referral = typer.Typer(help="客户推荐：列出", no_args_is_help=True)
GIVERS: Final = frozenset({"ops", "branch"})
STATES: Final = {
    "proposed": "待批准", "approved": "可发放", "refused": "未通过", "withdrawn": "已停办",
}  # fmt: skip
MOST: Final = 100_000
UNKNOWN_NUMBER: Final = "没有这个客户号，或不在办理人的机构范围内"
Customers = Annotated[Path, typer.Option("--file", help="客户号文件：一列 customer_no，或每行一个")]
By = Annotated[str, typer.Option("--by", help="办理人工号，要有运营或支行角色")]
State = Annotated[str, typer.Option("--state", help="proposed | approved | refused | withdrawn")]


def _row(one: BenefitFact, given: int) -> dict[str, Any]:
    terms = one.terms
    return {
        "id": one.benefit_id,
        "kind": terms.kind,
        "form": terms.form,
        "title": terms.title,
        "condition": terms.condition,
        "tiers": list(terms.tiers),
        "state": one.state,
        "valid_from": terms.valid_from.isoformat(),
        "valid_until": terms.valid_until.isoformat(),
        "value_fen": terms.value_fen,
        "budget_fen": terms.budget_fen,
        "granted_fen": one.granted_fen,
        "granted": given,
        "seats": terms.seats,
        "seats_taken": one.seats_taken,
    }


def _state(state: str) -> str:
    if state and state not in STATES:
        raise BenefitRefused("没有这种状态", saw=state[:20], do="、".join(STATES))
    return state


async def _listed(
    session: AsyncSession, kinds: tuple[str, ...], state: str
) -> list[dict[str, Any]]:
    wanted = reading.Wanted(kinds, _state(state))
    found = await reading.benefits(session, wanted, limit=1_000)
    counted = await reading.grants_count(session, [one.benefit_id for one in found], None)
    return [_row(one, counted.get(one.benefit_id, 0)) for one in found]


@benefit.command("list")
def list_command(state: State = "") -> None:
    """列出积分和权益。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            rows = await _listed(session, ("point", "right"), state)
        answer_lines(
            rows,
            lambda row: (
                f"{row['id']}  {row['title']}  {STATES[row['state']]}  已发 {row['granted']} 位，"
                f"{row['granted_fen'] / 100:,.2f} / {row['budget_fen'] / 100:,.2f} 元"
            ),
        )

    run(work)


async def units_of_giver(session: AsyncSession, parts: Parts, by: str) -> frozenset[str] | None:
    """The units that a person may give in; None for the whole bank. Raises BenefitRefused."""
    relations = parts.shelf.of(policy_catalogue.OWNERSHIP).relations
    who = await viewer(session, by, parts.clock(), relations)
    if not GIVERS & set(who.roles):
        raise BenefitRefused("这个人不能发放权益", saw=by[:20], do="要有运营或支行角色")
    return await units_by_roles(session, who, GIVERS)


async def units_by_roles(
    session: AsyncSession, who: Viewer, roles: Collection[str]
) -> frozenset[str] | None:
    """The units that a person reaches over by these roles; None for the whole bank."""
    paths = {scope.path for scope in who.scopes if scope.role in roles}
    tree = await every_unit(session)
    roots = {one.path for one in tree if one.parent_id is None}
    if roots and roots <= paths:
        return None
    return frozenset(
        one.unit_id for one in tree if any(one.path.startswith(path) for path in paths)
    )


async def file_ids(session: AsyncSession, path: Path) -> tuple[dict[int, str], list[str]]:
    """Customer numbers of a file by id, and those nobody has."""
    numbers = list(dict.fromkeys(one.strip() for one in numbers_of(path) if one.strip()))
    if not 1 <= len(numbers) <= MOST:
        raise BenefitRefused(
            f"一个文件应有 1 到 {MOST} 个客户号，这次谁也没有办",
            saw=f"{len(numbers)} 个",
            do="拆成几份",
        )
    found = await ids_of_numbers(session, numbers)
    return {number: name for name, number in found.items()}, sorted(set(numbers) - found.keys())


@benefit.command("grant")
def grant_command(
    benefit_id: Annotated[int, typer.Argument(help="权益编号，见 gengyun benefit list")],
    file: Customers,
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="为什么，写入日志")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看结果，不发")] = False,
    refused: Annotated[Path | None, typer.Option("--refused", help="没发的写到这个 CSV")] = None,
) -> None:
    """按文件发放：够条件的都发，不能发的逐位说明原因。"""

    async def work() -> None:
        async with opened() as parts:
            outcome: list[_Given] = []
            try:
                async with parts.databases.bank.transaction() as session:
                    outcome.append(await _give(session, parts, benefit_id, file, by, reason))
                    if dry_run:
                        raise _OnlyTried  # because what was written must not stay
            except _OnlyTried:
                pass
        [given] = outcome
        why = given.why
        if refused is not None:
            _write(refused, why)
        reasons = Counter(why.values())
        answer(
            {
                "benefit": benefit_id,
                "granted": given.granted,
                "refused": len(why),
                "reasons": dict(reasons),
                "dry_run": dry_run,
            },
            f"{'可以发给' if dry_run else '发给'} {given.granted} 位，没发 {len(why)} 位",
            *(f"  {number} 位：{cause}" for cause, number in reasons.most_common()),
        )

    run(work)


class _OnlyTried(Exception):
    """Ends a transaction of which nothing is to stay."""


@dataclass(frozen=True, slots=True)
class _Given:
    granted: int
    why: dict[str, str]


async def _give(
    session: AsyncSession, parts: Parts, benefit_id: int, file: Path, by: str, reason: str
) -> _Given:
    units = await units_of_giver(session, parts, by)
    ids, unknown = await file_ids(session, file)
    report = await grants.grant(
        session, benefit_id, ids, parts.shelf.of(policy_catalogue.BENEFITS),
        by=f"staff:{by}", at=parts.clock(), reason=reason, units=units,
    )  # fmt: skip
    why = dict.fromkeys(unknown, UNKNOWN_NUMBER)
    return _Given(
        len(report.granted),
        why | {ids[one]: grants.WHY[cause] for one, cause in report.refused.items()},
    )


def _write(path: Path, why: dict[str, str]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("customer_no", "reason"))
        writer.writerows(sorted(why.items()))


@benefit.command("report")
def report_command() -> None:
    """每项权益和活动发了多少、花了多少、来了多少人，推荐记了多少。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            given = await _listed(session, ("point", "right"), "")
            held = await _listed(session, ("event",), "")
            places = await reading.places_count(session, [one["id"] for one in held], None)
            told = {
                state: await reading.referrals_count(session, None, state=state)
                for state in ("recorded", "credited")
            }
        for one in held:
            one["attended"] = places.get((one["id"], "attended"), 0)
        spent = sum(one["granted_fen"] for one in given)
        states = Counter(one["state"] for one in (*given, *held))
        answer(
            {
                "benefits": given,
                "events": held,
                "referrals": told,
                "states": dict(states),
                "granted": sum(one["granted"] for one in given),
                "granted_fen": spent,
            },
            f"权益 {len(given)} 项，已发 {sum(one['granted'] for one in given)} 次、{spent / 100:,.2f} 元",
            f"活动 {len(held)} 场，报名 {sum(one['seats_taken'] for one in held)} 位、"
            f"到场 {sum(one['attended'] for one in held)} 位",
            f"推荐 {sum(told.values())} 次，已记积分 {told['credited']} 次",
        )
        for state, number in states.most_common():
            say(f"  {STATES[state]} {number} 项")

    run(work)


@event.command("list")
def events_command(state: State = "") -> None:
    """列出活动和名额。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            rows = await _listed(session, ("event",), state)
        answer_lines(
            rows,
            lambda row: (
                f"{row['id']}  {row['title']}  {STATES[row['state']]}"
                f"  名额 {row['seats_taken']} / {row['seats']}"
            ),
        )

    run(work)


@event.command("register")
def register_command(
    benefit_id: Annotated[int, typer.Argument(help="活动编号，见 gengyun event list")],
    file: Customers,
    by: By,
) -> None:
    """按文件报名：一个文件都报上，或者一位也不报并说明原因。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.transaction() as session:
            if await reading.benefit(session, benefit_id) is None:
                raise BenefitUnknown("没有这场活动", saw=str(benefit_id), do="gengyun event list")
            units = await units_of_giver(session, parts, by)
            ids, unknown = await file_ids(session, file)
            if unknown:
                raise BenefitRefused(
                    UNKNOWN_NUMBER,
                    saw=f"{len(unknown)} 个，例如 {unknown[0][:20]}",
                    do="核对后再报，这次一位也没有报名",
                )
            places = await events.register_all(
                session, benefit_id, ids, by=f"staff:{by}", at=parts.clock(), units=units
            )
        answer({"event": benefit_id, "registered": len(places)}, f"报名 {len(places)} 位")

    run(work)


@referral.command("list")
def referrals_command(
    state: Annotated[str, typer.Option("--state", help="recorded | credited")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000)] = 100,
) -> None:
    """列出客户推荐，新的在前；客户用内部编号。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            if state not in ("", "recorded", "credited"):
                raise BenefitRefused("没有这种状态", saw=state[:20], do="recorded 或 credited")
            found = await reading.referrals(session, None, state=state, limit=limit)
        answer_lines(
            (
                {
                    "id": one.referral_id,
                    "referrer": one.referrer_id,
                    "referred": one.referred_id,
                    "unit": one.unit_id,
                    "state": one.state,
                    "benefit": one.benefit_id,
                    "recorded_at": one.recorded_at.isoformat(),
                }
                for one in found
            ),
            lambda row: (
                f"{row['id']}  客户 {row['referrer']} 推荐 {row['referred']}  {row['unit']}  "
                f"{'已记积分' if row['state'] == 'credited' else '待记积分'}"
            ),
        )

    run(work)
