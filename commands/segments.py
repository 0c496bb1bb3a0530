"""Segments from the command line: which there are, how many customers, why one is in."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from commands.opening import answer, answer_lines, opened, run, say
from config import policy_catalogue
from config.conditions import ConditionRefused
from crm_sync.access import viewer
from crm_sync.errors import RuleRefused, SegmentRefused
from crm_sync.repository import listing
from crm_sync.repository.listing import Wanted
from crm_sync.rules.conditions import Condition, Frame, as_json, checked, parse, sentence
from crm_sync.segments import repository, service
from insights.known_elsewhere import known_elsewhere
from wiring.parts import Parts

segment = typer.Typer(help="客群规则：列出、看一个、计数、说明为什么、保存")
PLACES = typer.Option("--set", help="模板的参数，例如 days=14；可以写几次")
STATES = {"draft": "草稿", "in_force": "启用", "retired": "停用"}
Code = Annotated[str | None, typer.Argument(help="客群规则的编号")]
Rule = Annotated[Path | None, typer.Option("--rule", help="不用已存的：条件的 JSON 文件")]


def _frame(parts: Parts) -> Frame:
    return Frame(parts.clock(), parts.personas, parts.tiers)


@segment.command("list")
def list_command() -> None:
    """列出所有客群规则。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            found = await repository.listed(session)
        answer_lines(
            (
                {
                    "code": one.code,
                    "title": one.title,
                    "state": one.state,
                    "version": one.version.number,
                    "sentence": one.version.sentence,
                    "conditions": as_json(one.version.condition),
                    "uses": one.uses,
                }
                for one in found
            ),
            lambda row: (
                f"{row['code']}  {row['title']}  {STATES[row['state']]}"
                f"  第 {row['version']} 版  {row['sentence']}"
            ),
        )

    run(work)


def _read(rule: Path) -> object:
    try:
        return orjson.loads(rule.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise RuleRefused(
            "条件文件读不出来", saw=rule.name[:60], do="写成一个 JSON，写法见 docs/segments.md"
        ) from error


async def _condition(parts: Parts, code: str | None, rule: Path | None) -> Condition:
    if rule is not None:
        return checked(parse(_read(rule)), parts.personas)
    if code is None:
        raise RuleRefused("没有写哪一个客群", do="写编号，或用 --rule 给一个条件文件")
    async with parts.databases.bank.reading() as session:
        return (await repository.segment(session, code)).version.condition


@segment.command("show")
def show_command(code: Annotated[str, typer.Argument(help="客群规则的编号")]) -> None:
    """一个客群规则：现在说什么，每一版谁改的、为什么，谁在用。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            found = await repository.segment(session, code)
            past = await repository.versions(session, code)
            uses = await repository.used_by(session, code)
        answer(
            {
                "code": found.code,
                "title": found.title,
                "state": found.state,
                "pack": found.pack,
                "sentence": found.version.sentence,
                "conditions": as_json(found.version.condition),
                "versions": [
                    {
                        "number": one.number,
                        "title": one.title,
                        "sentence": one.sentence,
                        "by": one.by,
                        "at": one.at.isoformat(),
                        "reason": one.reason,
                    }
                    for one in past
                ],
                "uses": [{"kind": one.kind, "ref": one.ref, "title": one.title} for one in uses],
            },
            f"{found.code}  {found.title}  {STATES[found.state]}：{found.version.sentence}",
            *(f"  第 {one.number} 版  {one.by}  {one.reason}：{one.sentence}" for one in past),
            *(f"  在用：{one.title or one.ref}" for one in uses),
        )

    run(work)


def _filled(parts: Parts, template: str, told: list[str]) -> Condition:
    """A saved template with its places filled. Raises RuleRefused."""
    ready = parts.shelf.of(policy_catalogue.SEGMENTS).template
    found = next((one for one in ready if one.code == template), None)
    if found is None:
        known = "、".join(one.code for one in ready)
        raise RuleRefused("没有这个模板", saw=template[:40], do=f"可用：{known}")
    places = dict(one.partition("=")[::2] for one in told)
    wrong = sorted(set(places) - {one.name for one in found.parameters})
    if wrong:
        known = "、".join(one.name for one in found.parameters)
        raise RuleRefused("模板里没有这个参数", saw="、".join(wrong)[:40], do=f"可用：{known}")
    try:
        return found.filled(places)
    except ConditionRefused as error:
        raise RuleRefused(error.what, saw=error.saw, where=error.where, do=error.do) from None


@segment.command("save")
def save_command(
    code: Annotated[str, typer.Argument(help="客群规则的编号")],
    title: Annotated[str, typer.Option("--title", help="名称")],
    reason: Annotated[str, typer.Option("--reason", help="为什么")],
    by: Annotated[str, typer.Option("--by", help="编制人工号，要有运营角色")],
    rule: Rule = None,
    template: Annotated[str, typer.Option("--template", help="从哪个模板")] = "",
    places: Annotated[list[str] | None, PLACES] = None,
) -> None:
    """存成草稿，或给已有的加一版；条件来自 --rule 或 --template。"""

    async def work() -> None:
        async with opened() as parts:
            if (rule is None) is (not template):
                raise RuleRefused("没有条件，或写了两份", do="--rule 和 --template 写一个")
            condition = (
                _filled(parts, template, places or []) if rule is None else parse(_read(rule))
            )
            relations = parts.shelf.of(policy_catalogue.OWNERSHIP).relations
            async with parts.databases.bank.transaction() as session:
                who = await viewer(session, by, parts.clock(), relations)
                if "ops" not in who.roles:
                    raise SegmentRefused("这个人不能编制客群规则", saw=by[:20], do="要有运营角色")
                number = await service.save(
                    session,
                    code,
                    title,
                    condition,
                    policy=parts.personas,
                    by=f"staff:{by}",
                    at=parts.clock(),
                    reason=reason,
                )
            says = sentence(condition, parts.personas.labels)
            answer(
                {"code": code, "version": number, "sentence": says},
                f"{code} 第 {number} 版：{says}",
            )

    run(work)


@segment.command("count")
def count_command(code: Code = None, rule: Rule = None) -> None:
    """现在有多少客户在里面。"""

    async def work() -> None:
        async with opened() as parts:
            condition = await _condition(parts, code, rule)
            async with parts.databases.bank.reading() as session:
                inside = repository.members(session, condition, _frame(parts), known_elsewhere())
                number = await listing.count(session, Wanted(within=(inside,)))
            says = sentence(condition, parts.personas.labels)
            answer({"code": code, "sentence": says, "customers": number}, says, f"{number} 人")

    run(work)


@segment.command("explain")
def explain_command(
    customer_no: Annotated[str, typer.Argument(help="客户号")],
    code: Code = None,
    rule: Rule = None,
) -> None:
    """一位客户为什么在里面，或为什么不在。"""

    async def work() -> None:
        async with opened() as parts:
            condition = await _condition(parts, code, rule)
            async with parts.databases.bank.reading() as session:
                verdict = await repository.why(
                    session, condition, customer_no, _frame(parts), known_elsewhere()
                )
            answer(
                {
                    "code": code,
                    "customer_no": customer_no,
                    "member": verdict.met,
                    "why": verdict.why,
                    "why_not": verdict.why_not,
                },
                f"客户 {customer_no} {'在里面' if verdict.met else '不在里面'}",
            )
            for saying in verdict.why or verdict.why_not:
                say(f"  {saying}")

    run(work)
