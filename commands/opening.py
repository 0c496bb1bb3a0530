"""How every command begins and ends: settings read, parts built, refusals said, exit codes kept.

0 ok · 1 unexpected · 2 wrong input or configuration · 3 integrity failure. No traceback without
``--debug``; with ``--json`` one object (or JSON Lines) on standard output and nothing else.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import orjson
import typer
from pydantic import ValidationError
from rich.console import Console

from config.settings import PREFIX, Settings, load
from kit import log
from kit.errors import AppError, ConfigurationRefused
from wecom.errors import WecomError
from wiring.databases import open_databases
from wiring.parts import Clock, Parts, build
from wiring.schema import head, migrate, revision
from wiring.secrets import load_keys

T = TypeVar("T")
ENV_FILE: Final = Path(".env")
OPTIONS: dict[str, bool] = {"json": False, "debug": False}
"""What the root command was told; read by every command."""


def people() -> Console:
    """Where people read; never numbers in colour, for they chop Chinese sentences."""
    return Console(stderr=OPTIONS["json"], highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """A line for people; silent with ``--json``."""
    if not OPTIONS["json"]:
        people().print(text, markup=False)


def answer(value: Mapping[str, Any], *lines: str) -> None:
    """The command's result: one JSON object for machines, ``lines`` for people."""
    if OPTIONS["json"]:
        sys.stdout.write(orjson.dumps(value, default=str).decode() + "\n")
    else:
        for line in lines:
            say(line)


def answer_lines(
    rows: Iterable[Mapping[str, Any]], shown: Callable[[Mapping[str, Any]], str]
) -> int:
    """A list: JSON Lines for machines, one line each for people; returns how many."""
    number = 0
    for number, row in enumerate(rows, 1):  # noqa: B007 — the last number is the count
        if OPTIONS["json"]:
            sys.stdout.write(orjson.dumps(row, default=str).decode() + "\n")
        else:
            say(shown(row))
    return number


def settings() -> Settings:
    """The settings of this process. Raises ConfigurationRefused; never shows a value."""
    try:
        return load(os.environ, ENV_FILE)
    except ValidationError as error:
        raise _refusal(error) from None
    except ValueError as error:
        raise ConfigurationRefused(str(error), where="环境变量或 .env") from None


def _refusal(error: ValidationError) -> ConfigurationRefused:
    lines = []
    for one in error.errors(include_url=False, include_input=False, include_context=False):
        name = PREFIX + "__".join(str(part).upper() for part in one["loc"] if part != "__root__")
        said = one["msg"].removeprefix("Value error, ")
        lines.append(f"{name}：{said}" if one["loc"] else said)
    return ConfigurationRefused(
        "配置有误：" + "；".join(lines),
        where="环境变量、.env 或 …_FILE 指向的文件；说明见 docs/settings.md",
        do="改好后再启动",
    )


@asynccontextmanager
async def opened(*, migrated: bool = True) -> AsyncIterator[Parts]:
    """The parts, closed afterwards. An empty embedded database is migrated on the way."""
    found = settings()
    log.setup(level=found.log_level, to_terminal=sys.stderr.isatty())
    parts = await build_ready(found) if migrated else await build(found)
    try:
        yield parts
    finally:
        await parts.close()


async def build_ready(found: Settings, *, now: Clock | None = None) -> Parts:
    """Parts on a database at this version's schema.

    An embedded (SQLite) database is brought there; a PostgreSQL one is never changed behind
    the operator's back: ConfigurationRefused says to run ``gengyun migrate``.
    """
    databases = open_databases(found, load_keys(found).cipher)
    try:
        for database in databases.distinct:
            if database.is_sqlite:
                await migrate(database)
            elif await revision(database) != head():
                raise ConfigurationRefused(
                    "数据库结构不是这个版本的",
                    saw=str(await revision(database)),
                    do="先运行 gengyun migrate",
                )
    finally:
        await databases.close()
    return await build(found, now=now)


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Run an async command, turning what was refused into words and an exit code."""
    try:
        return asyncio.run(_awaited(work))
    except Exception as error:
        if OPTIONS["debug"] or isinstance(error, typer.Exit):
            raise
        stop(error)


async def _awaited(work: Callable[[], Awaitable[T]]) -> T:
    return await work()


def stop(error: Exception) -> NoReturn:
    """Say what was refused and exit with its code."""
    if isinstance(error, AppError):
        if OPTIONS["json"]:
            sys.stdout.write(orjson.dumps({"error": error.as_dict()}).decode() + "\n")
        people_err(error.sentence())
        raise typer.Exit(error.exit_code)
    if isinstance(error, WecomError):
        people_err(f"{error.person}（{error.code}）")
        raise typer.Exit(1)
    people_err(f"没有料到的错误：{type(error).__name__}。怎么办：加 --debug 再运行一次，看是哪一步")
    raise typer.Exit(1)


def people_err(text: str) -> None:
    """A line for people on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)
