"""One person's data at the command line: hand over, erase by two people, the opt-out link."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from commands.opening import answer, opened, run
from compliance.opt_out_link import Holder, token_for
from config import policy_catalogue
from config.retention_policy import RetentionPolicy
from crm_sync import access
from crm_sync.repository.people import units_of_customers
from insights.personal import requests
from insights.personal.errors import BasisNeeded
from insights.personal.exporting import export
from insights.personal.gathering import person_of
from insights.personal.registry import BY_TABLE
from kit.errors import AccessDenied
from wiring.parts import Parts

person = typer.Typer(help="一个人的数据：导出、删除")
ROLE: Final = "compliance"
TREATMENTS: Final = {
    "erased": "删除", "blanked": "清空内容", "kept": "依法保留", "readmitted": "可以再导入",
}  # fmt: skip
By = Annotated[str, typer.Option("--by", help="办理人的工号，须有合规审计角色")]
Basis = Annotated[str, typer.Option("--basis", help="客户本人怎样提出、怎样核实身份")]


class RoleMissing(AccessDenied):
    """Whoever is named does not hold the role that handles personal data."""

    code = "E-7510"
    exit_code = 2


async def _allowed(parts: Parts, session: Any, staff_id: str) -> str:
    viewer = await access.viewer(session, staff_id, parts.clock())
    if ROLE not in viewer.roles:
        raise RoleMissing(
            "这位员工没有合规审计角色", saw=staff_id[:40], do="用 gengyun users grant 授权"
        )
    return f"staff:{staff_id}"


def _told(counts: Mapping[str, Mapping[str, int]], retention: RetentionPolicy) -> Iterator[str]:
    """What was done with each table, in words; for what is kept, how long and by which law."""
    for treatment, tables in counts.items():
        yield f"  {TREATMENTS[treatment]} {sum(tables.values())} 行"
        for table, rows in sorted(tables.items()) if treatment == "kept" else ():
            holds = BY_TABLE.get(table)
            rule = retention.of(holds.because) if holds else None
            why = f"：{rule.years} 年，{rule.law}" if rule else ""
            yield f"    {holds.title if holds else table} {rows} 行{why}"


@person.command("export")
def person_export(
    customer_no: str,
    out: Annotated[Path, typer.Option("--out", help="写到哪个 zip 文件")],
    by: By,
    basis: Basis,
) -> None:
    """导出一位客户的全部个人信息：封面与 JSON，中文。"""

    async def work() -> None:
        if len(basis.split()) < 1 or len(basis.strip()) < 4:
            raise BasisNeeded("请写明客户本人怎样提出、怎样核实身份", do="--basis 写一句话")
        async with opened() as parts:
            async with parts.databases.bank.transaction() as session:
                actor = await _allowed(parts, session, by)
                found = await person_of(session, customer_no=customer_no)
                units = await units_of_customers(session, [found.customer_id])
                data = await export(
                    session,
                    found,
                    number=basis.strip()[:200],
                    unit=units.get(found.customer_id, "hq"),
                    bank=parts.settings.bank_name,
                    retention=parts.shelf.of(policy_catalogue.RETENTION),
                    actor=actor,
                    at=parts.clock(),
                )
            out.write_bytes(data)
        answer({"file": str(out), "bytes": len(data)}, f"已写入 {out}（{len(data)} 字节）")

    run(work)


@person.command("erase")
def person_erase(customer_no: str, by: By, basis: Basis) -> None:
    """提出删除一位客户的个人信息；另一位批准后才办。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.transaction() as session:
            actor = await _allowed(parts, session, by)
            found = await person_of(session, customer_no=customer_no)
            units = await units_of_customers(session, [found.customer_id])
            asked = await requests.ask(
                session,
                found.customer_id,
                "erase",
                basis=basis,
                unit=units.get(found.customer_id, "hq"),
                actor=actor,
                at=parts.clock(),
            )
        answer(
            {"request": asked.number, "state": asked.state},
            f"已提出 {asked.number}，请另一位：gengyun person approve {asked.number} --by 工号",
        )

    run(work)


@person.command("readmit")
def person_readmit(customer_no: str, by: By, basis: Basis) -> None:
    """客户删除后本人回来：提出让这个客户号能再导入；另一位批准后才办。原资料不恢复。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.transaction() as session:
            actor = await _allowed(parts, session, by)
            asked = await requests.ask_back(
                session, customer_no, basis=basis, actor=actor, at=parts.clock()
            )
        answer(
            {"request": asked.number, "state": asked.state},
            f"已提出 {asked.number}，请另一位：gengyun person approve {asked.number} --by 工号",
        )

    run(work)


@person.command("approve")
def person_approve(
    number: str,
    by: By,
    opinion: Annotated[str, typer.Option("--opinion", help="意见，写入台账")] = "核对无误",
) -> None:
    """批准一项请求；删除立即办理，并说明删了什么、依法留了什么。"""

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.transaction() as session:
            actor = await _allowed(parts, session, by)
            retention = parts.shelf.of(policy_catalogue.RETENTION)
            done = await requests.decide(
                session, number, approve=True, opinion=opinion, actor=actor, at=parts.clock()
            )
        answer(
            {"request": done.number, "state": done.state, **done.counts},
            f"{done.number}：{'已办结' if done.state == 'done' else '已批准'}",
            *_told(done.counts, retention),
        )

    run(work)


@person.command("optout-link")
def person_optout_link(customer_no: str) -> None:
    """打印一位客户的退订链接；链接里看不出是谁。"""

    async def work() -> None:
        async with opened() as parts:
            async with parts.databases.bank.reading() as session:
                found = await person_of(session, customer_no=customer_no)
            token = token_for(
                parts.keys.cipher, Holder("customer", str(found.customer_id)), parts.clock()
            )
        link = f"{parts.settings.public_url.rstrip('/')}/o/optout?t={token}"
        answer({"link": link}, link)

    run(work)
