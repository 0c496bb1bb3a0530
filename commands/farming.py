"""Farming customers whose season comes: the season trigger, by command."""

from datetime import date
from typing import Annotated

import typer

from commands.opening import answer_lines, opened, run
from commands.planning import day_of
from config import policy_catalogue
from crm_sync import farming
from crm_sync.farming import FarmFact, Wanted
from crm_sync.selection import customer_facts
from kit.clock import bank_date

app = typer.Typer()
MOST = 1_000_000


@app.command("farming")
def farming_command(
    day: Annotated[str | None, typer.Option("--date", help="哪一天，默认今天")] = None,
    everything: Annotated[bool, typer.Option("--all", help="全部，不只资金季将到的")] = False,
) -> None:
    """资金季（春播资金等）将到的种养殖客户，开始日近的在前。"""

    async def work() -> None:
        async with opened() as parts:
            on = day_of(day, bank_date(parts.clock()))
            policy = parts.shelf.of(policy_catalogue.FARMING)
            async with parts.databases.bank.reading() as session:
                wanted = Wanted(due=not everything)
                found = await farming.records(session, wanted, policy, on, limit=MOST)
                people = await customer_facts(session, {one.customer_id for one in found})
            found.sort(key=lambda one: (one.begins_on or date.max, one.record_id))
            numbers = {one: fact.customer_no for one, fact in people.items()}
            answer_lines((_told(one, numbers.get(one.customer_id, "")) for one in found), _line)

    run(work)


def _told(one: FarmFact, customer_no: str) -> dict[str, object]:
    return {
        "customer_no": customer_no,
        "item": one.item,
        "kind": one.kind,
        "season": one.season,
        "begins_on": one.begins_on.isoformat() if one.begins_on else None,
        "area_mu": f"{one.area_centimu / 100:g}" if one.area_centimu else None,
        "heads": one.heads,
        "channel": one.channel,
        "owner": one.owner_staff_id,
    }


def _line(row: object) -> str:
    assert isinstance(row, dict)  # noqa: S101 — made just above
    return f"{row['customer_no']}  {row['begins_on']}  {row['season']}  {row['item']}"
