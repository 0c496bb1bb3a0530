"""Start things: serve (all in one), web, worker, scheduler; and bring the schema up."""

from typing import Annotated

import typer

from commands.opening import answer, opened, run, settings
from wiring import runtime
from wiring.databases import open_databases
from wiring.schema import head, migrate, revision
from wiring.secrets import load_keys

app = typer.Typer()
Host = Annotated[str, typer.Option(help="监听地址")]
Port = Annotated[int, typer.Option(help="监听端口")]


@app.command()
def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """网页、任务和定时器在一个进程里（嵌入式）。"""

    async def work() -> None:
        async with opened() as parts:
            await runtime.serve(parts, host, port)

    run(work)


@app.command()
def web(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """生产环境的网页进程，可以开多个。"""

    async def work() -> None:
        async with opened() as parts:
            await runtime.web(parts, host, port)

    run(work)


@app.command()
def worker() -> None:
    """生产环境的任务进程，可以开多个。"""

    async def work() -> None:
        async with opened() as parts:
            await runtime.worker(parts)

    run(work)


@app.command()
def scheduler() -> None:
    """生产环境的定时进程，可以开多个。"""

    async def work() -> None:
        async with opened() as parts:
            await runtime.scheduler(parts)

    run(work)


@app.command("migrate")
def migrate_command(
    check: Annotated[bool, typer.Option("--check", help="只看是否最新，不改动")] = False,
) -> None:
    """把数据库结构升级到这个版本。"""

    async def work() -> None:
        found = settings()
        databases = open_databases(found, load_keys(found).cipher)
        try:
            states = []
            for database in databases.distinct:
                if not check:
                    await migrate(database)
                states.append(await revision(database))
        finally:
            await databases.close()
        current = all(state == head() for state in states)
        answer(
            {"revision": head(), "databases": states, "current": current},
            f"数据库结构：{'、'.join(str(state) for state in states)}，最新是 {head()}",
        )
        if check and not current:
            raise typer.Exit(2)

    run(work)
