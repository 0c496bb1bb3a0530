"""Segments from the command line: which there are, how many customers, why one is in."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from commands.opening import answer, answer_lines, opened, run, say
from crm_sync.errors import RuleRefused
from crm_sync.repository import listing
from crm_sync.repository.listing import Wanted
from crm_sync.rules.conditions import Condition, Frame, as_json, checked, parse, sentence
from crm_sync.segments import repository
from insights.known_elsewhere import known_elsewhere
from wiring.parts import Parts

segment = typer.Typer(help="客群规则：列出、计数、说明为什么")
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
