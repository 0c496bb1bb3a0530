"""``gengyun``: the command line. Composition only; each command is in ``commands``."""

import sys
from typing import Annotated

import typer

from commands import (
    allocating,
    benefits,
    binding,
    campaign_acts,
    channels,
    duty,
    farming,
    fencing,
    handover,
    importing,
    moments,
    person,
    planning,
    records,
    rows,
    screening,
    segments,
    serving,
    simulate,
    standing,
    transferring,
    trust,
    white_lists,
    why,
)
from commands.demo import command as demo
from commands.opening import OPTIONS

app = typer.Typer(
    help="耕耘 Gengyun：银行企业微信私域经营的机器人与后台",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for group in (
    serving, planning, why, importing, screening, records, standing, trust, farming, fencing,
):  # fmt: skip
    app.registered_commands += group.app.registered_commands
app.add_typer(demo.app, name="demo")
app.add_typer(allocating.allocate, name="allocate")
app.add_typer(transferring.transfers, name="transfers")
app.add_typer(channels.channel, name="channel")
app.add_typer(duty.duty, name="duty")
app.add_typer(rows.inbox, name="inbox")
app.add_typer(rows.outbox, name="outbox")
app.add_typer(records.archive, name="archive")
app.add_typer(white_lists.allow, name="allow")
app.add_typer(campaign_acts.campaign, name="campaign")
app.add_typer(benefits.benefit, name="benefit")
app.add_typer(benefits.event, name="event")
app.add_typer(benefits.referral, name="referral")
app.add_typer(binding.bind, name="bind")
app.add_typer(records.export, name="export")
app.add_typer(handover.handover, name="handover")
app.add_typer(moments.moment, name="moment")
app.add_typer(person.person, name="person")
app.add_typer(segments.segment, name="segment")
app.add_typer(simulate.simulate, name="simulate")
app.add_typer(trust.keys, name="keys")
app.add_typer(trust.users, name="users")


@app.callback()
def root(
    json: Annotated[
        bool, typer.Option("--json", help="一个 JSON 对象（列表为 JSON Lines）")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="出错时打印调用栈")] = False,
) -> None:
    """What every command hears first."""
    OPTIONS.update(json=json, debug=debug)


def main() -> None:
    """Run one command; ``--json`` and ``--debug`` are understood anywhere on the line."""
    arguments = sys.argv[1:]
    moved = [one for one in arguments if one in ("--json", "--debug")]
    rest = [one for one in arguments if one not in ("--json", "--debug")]
    app(args=[*moved, *rest])
