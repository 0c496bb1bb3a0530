"""Measurements as tables: ratios first, because they hold on another machine and figures do not."""

import platform
import sqlite3
import statistics
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from typing import Any, Final

from bench.intake.measuring import Round
from bench.planning.measuring import Planned
from bench.servers import ROOT

PAGE: Final = ROOT / "docs" / "performance.md"
HEAD: Final = """# Performance

Written by `make bench`. Every yardstick is built and run beside the product in the same run;
only ratios are worth quoting elsewhere. Figures by the wall were taken on two shared cores that
were busy with other work; processor time suffers less from that.
"""


def taken(today: date, load: float) -> str:
    """When, with what, on how busy a machine."""
    names = ("fastapi", "uvicorn", "uvloop", "sqlalchemy", "asyncpg", "flask", "gunicorn")
    listed = ", ".join(f"{name} {version(name)}" for name in names)
    return (
        f"Taken {today.isoformat()}, load {load:.0f} on two cores. Python"
        f" {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {listed}."
    )


def intake(rounds: Mapping[str, Sequence[Round]], said: str) -> list[str]:
    """The callback table: medians of the rounds, each beside Flask's."""
    middle = {
        name: (
            statistics.median(one.rate for one in found),
            statistics.median(one.cpu_us for one in found),
            statistics.median(one.p50_ms for one in found),
            statistics.median(one.p99_ms for one in found),
        )
        for name, found in rounds.items()
    }
    flask_rate, flask_cpu = middle["Flask"][:2]
    lines = [
        "64 connections, unique encrypted events made ahead, each durable (write-ahead log, a"
        " flush) before its answer; the web process on one core, the load and PostgreSQL on the"
        " other. The yardstick is Flask, gunicorn with 16 threads, wechatpy and sqlite3 with a"
        " commit a request. Medians of "
        f"{len(next(iter(rounds.values())))} rounds that took turns.",
        "",
        "| server | × Flask, requests/s | × Flask, processor time | requests/s | CPU µs a request"
        " | p50 ms | p99 ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, (rate, cpu, p50, p99) in middle.items():
        lines.append(
            f"| {name} | {rate / flask_rate:.1f} | {flask_cpu / cpu:.1f} | {rate:.0f} | {cpu:.0f}"
            f" | {p50:.0f} | {p99:.0f} |"
        )
    return [*lines, "", said]


PLANNED: Final = (
    "A made-up bank, 2.5 holdings a customer, every trigger of the shipped policy with its steps.",
    "The yardstick is set-based SQL in one transaction with one durable commit, in the same run on the"
    " same rows: it selects what the product selects for every trigger, finds owner and live relation,"
    " applies consents, refusals, opt-outs, complaints and care before sale, lets one voice speak a"
    " day, keeps the day, week and month caps, renders what SQL can know (names of customers are"
    " sealed), and inserts the same kinds of rows into copies of the product's tables with all their"
    " keys and indexes: the key of every candidate, who was outranked, four quota slots and a to-do a"
    " contact. It does not screen, open or seal, judge suitability, chooses no channel beyond relation"
    " or outlet, and writes no decision and no ledger. Left out of both, because this bank has none:"
    " net values, market events, open days, the content calendar, campaigns.",
    "The product does all of it and also screens, seals two columns a to-do, records a decision for"
    " everything judged and the ledger's entries, a batch of at most 5,000 a transaction. What a"
    " process reads once in its life (the dictionary and the learned weights of screening) is read"
    " before the clock starts and stands in a column of its own; the yardstick runs twice and the"
    " second time counts, so that both find the file's pages in memory.",
)
"""What is measured against what, as paragraphs."""


def planning(found: Sequence[Planned], said: str) -> list[str]:
    """The planning table, and where the time went."""
    lines = [part for paragraph in PLANNED for part in (paragraph, "")]
    lines += [
        "| database | customers | × SQL alone | SQL alone s | plan s | plan CPU s | considered |"
        " to-dos: plan | SQL | rows written | texts screened | tables of words s | MB before | most MB |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for one in found:
        was = one.found
        lines.append(
            f"| {one.name} | {one.customers:,} | {one.ratio:.1f} | {was['sql_seconds']:.2f} |"
            f" {was['seconds']:.2f} | {was['cpu_seconds']:.1f} | {was['considered']:,} |"
            f" {was['planned']:,} | {was['sql_rows']['todo']:,} | {sum(was['rows'].values()):,} |"
            f" {was['screenings']:,} | {was['tables_seconds']:.1f} | {was['peak_mb'] - was['grown_mb']:.0f} | {was['peak_mb']:.0f} |"
        )
    parts = sorted({part for one in found for part in one.found["split"]})
    lines += [
        "",
        "Seconds of each part (selection goes on beside the others, so they add up to more than the"
        " whole):",
        "",
        "| part | " + " | ".join(f"{one.name}, {one.customers:,}" for one in found) + " |",
        "|---|" + "---|" * len(found),
    ]
    for part in parts:
        each = [f"{one.found['split'].get(part, 0.0):.2f}" for one in found]
        lines.append(f"| {part} | " + " | ".join(each) + " |")
    return [*lines, "", said]


DATABASES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def imports(found: Mapping[str, Any], said: str) -> list[str]:
    """What ``bench.imports`` measured."""
    rows = ", ".join(f"{number:,} {kind}" for kind, number in found["rows"].items())
    kinds = list(found["rows"])
    columns = " | ".join(f"{kind}/s | bare" for kind in kinds)
    lines = [
        f"{rows}; the yardstick parses the same CSV, seals the same fields and bulk-loads, and"
        " validates, compares, reports and rejects nothing.",
        "",
        f"| database | share of the bare rate: wall | processor | {columns} |",
        "|---" * (3 + 2 * len(kinds)) + "|",
    ]
    for name, title in DATABASES.items():
        if name in found:
            one = found[name]
            rates = one["rows_per_second"]
            each = " | ".join(
                f"{rates['import'][kind]:,} | {rates['bare'][kind]:,}" for kind in kinds
            )
            lines.append(
                f"| {title} | {one['ratio_wall']['both']} | {one['ratio_cpu']['both']} | {each} |"
            )
    lines += ["", *_changed(found)]
    return [*lines, "", f"{said} At most {found['most_memory_mb']} MB."]


def _changed(found: Mapping[str, Any]) -> list[str]:
    """A night in which every row changed, and what keeping the old rows takes of it."""
    lines = [
        "A night in which every row changed; of its seconds, those that keep the rows as they"
        " were (what a revert brings back):",
        "",
        "| database | kind | rows/s | s | of it, rows as they were s |",
        "|---" * 5 + "|",
    ]
    for name, title in DATABASES.items():
        for kind, one in found[name]["every_row_changed"].items() if name in found else ():
            lines.append(
                f"| {title} | {kind} | {one['rows_per_second']:,} | {one['seconds']}"
                f" | {one['of_it_images']} |"
            )
    return lines


def personas(runs: Sequence[Mapping[str, Any]], said: str) -> list[str]:
    """What ``bench.personas`` measured."""
    lines = [
        "2.5 holdings a customer, the shipped rules. The bare yardstick is one hand-written INSERT …"
        " SELECT on the same rows in the same run, into three columns and one key; the explained one"
        " writes the columns and indexes of ours with what was seen as evidence. Neither judges"
        " refusals or traces, compares, or writes a ledger. “Again” is a second evaluation of the"
        " same bank, which changes nothing; “after a load” looks at one customer in a hundred.",
        "",
        "| database | customers | first / bare: wall | processor | first / explained | again / bare:"
        " wall | processor | bare s | explained s | first s | again s | after a load s |",
        "|---" * 12 + "|",
    ]
    for found in runs:
        for name, title in DATABASES.items():
            if name in found:
                one = found[name]
                wall, cpu, took = one["ratio_wall"], one["ratio_cpu"], one["seconds"]
                lines.append(
                    f"| {title} | {found['customers']:,} | {wall['first']} | {cpu['first']}"
                    f" | {one['ratio_explained']['first']} | {wall['again']} | {cpu['again']}"
                    f" | {took['bare']} | {took['explained']} | {took['first']} | {took['again']}"
                    f" | {took['one in a hundred']} |"
                )
    most = max(
        found[name]["most_memory_mb"] for found in runs for name in DATABASES if name in found
    )
    return [*lines, "", f"{said} At most {most} MB."]


def standing(runs: Sequence[Mapping[str, Any]], said: str) -> list[str]:
    """What ``bench.standing`` measured."""
    lines = [
        "Two holdings, three snapshots, three flows a customer. The yardstick is plain SQL for the"
        " same question in the same run: one UPDATE for tiers, CREATE TABLE AS for leads (both"
        " hand-written), for standing our own select once over everybody into a bare table. Ours"
        " goes window by window, compares, writes only what differs, and records it.",
        "",
        "| database | customers | question | first / plain: wall | processor | again / plain: wall"
        " | processor | plain s | first s | after a load of one in a hundred s |",
        "|---" * 10 + "|",
    ]
    for found in runs:
        for name, title in DATABASES.items():
            for what in ("tiers", "standing", "leads") if name in found else ():
                one = found[name][what]
                took = one["seconds"]
                lines.append(
                    f"| {title} | {found['customers']:,} | {what} | {one['ratio_wall']}"
                    f" | {one['ratio_cpu']} | {one['ratio_wall_again']} | {one['ratio_cpu_again']}"
                    f" | {took['plain']} | {took['first']} | {took.get('one in a hundred', '')} |"
                )
    return [*lines, "", said]


def duty(runs: Sequence[Mapping[str, Any]], said: str) -> list[str]:
    """What ``bench.duty`` measured."""
    lines = [
        "Everybody owned, 500 customers a manager, as many touches as customers. The yardstick is"
        " CREATE TABLE AS, hand-written: where every customer stands, and the best of each manager's"
        " book by score. Ours compares with what stands, tells the reasons of each line, keeps"
        " indexes and writes the ledger. “Again” changes nothing.",
        "",
        "| database | customers | standing first / SQL: wall | processor | again / SQL | SQL s"
        " | first s | again s | day / SQL: wall | processor | SQL s | day s | lines |",
        "|---" * 13 + "|",
    ]
    for found in runs:
        for name, title in DATABASES.items():
            if name in found:
                stood, day = found[name]["standing"], found[name]["plan"]
                wall, took, planned = stood["ratio_wall"], stood["seconds"], day["seconds"]
                lines.append(
                    f"| {title} | {found['customers']:,} | {wall['first']}"
                    f" | {stood['ratio_cpu']['first']} | {wall['again']} | {took['plain']}"
                    f" | {took['first']} | {took['again']} | {day['ratio_wall']['first']}"
                    f" | {day['ratio_cpu']['first']} | {planned['plain']} | {planned['first']}"
                    f" | {found[name]['lines']:,} |"
                )
    return [*lines, "", said]
