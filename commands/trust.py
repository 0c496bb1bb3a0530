"""Verify the ledger, make keys, grant roles, break the glass."""

from pathlib import Path
from typing import Annotated, Final
from zipfile import BadZipFile

import typer

from archive.evidence import verify as verifier
from commands.opening import OPTIONS, answer, opened, run, say
from commands.screening import FileUnreadable
from compliance import consent_batches
from crm_sync import granting
from kit.errors import IntegrityBroken
from kit.ledger.verify import verify as verify_ledger
from kit.web import signin
from wiring.secrets import new_key

app = typer.Typer()
keys = typer.Typer(help="密钥")
users = typer.Typer(help="人员与权限")


class LedgerBroken(IntegrityBroken):
    """The ledger holds entries that do not prove themselves; each is named."""

    code = "E-6010"


class PackBroken(IntegrityBroken):
    """An evidence pack does not prove itself; the message says where."""

    code = "E-6011"


CALL_ISSUER: Final = "不要使用这一份；向出具方索取原件，并比对另行送达的摘要"


@app.command()
def verify(
    pack: Annotated[
        Path | None, typer.Option("--pack", help="核验一个证据包（zip 或文件夹），不核对日志链")
    ] = None,
) -> None:
    """重算日志链；坏了指出第几条（退出码 3）。"""
    if pack is not None:
        run(lambda: _verify_pack(pack))
        return

    async def work() -> None:
        async with opened() as parts, parts.databases.bank.reading() as session:
            report = await verify_ledger(session)
            faults = (*report.faults, *await consent_batches.check(session))
        answer(
            {
                "sound": not faults,
                "streams": report.streams,
                "entries": report.entries,
                "faults": [
                    {"entry": one.place, "kind": one.kind, "saying": one.saying} for one in faults
                ],
            },
            f"核对 {report.streams} 条链、{report.entries} 条日志：{'有问题' if faults else '未被改动'}",
        )
        for one in faults:
            say(f"  {one.place}：{one.saying}")
        if faults:
            raise LedgerBroken(
                "日志没有通过核对",
                saw="、".join(one.place for one in faults[:3]),
                do="保留现场，联系合规与科技；用备份和外部锚点比对",
            )

    run(work)


async def _verify_pack(pack: Path) -> None:
    """What the pack's own verifier says, by the copy that this version ships."""
    try:
        found = verifier.check(verifier.read_pack(str(pack)))
    except verifier.Broken as broken:
        raise PackBroken("证据包没有通过核验", saw=str(broken), do=CALL_ISSUER) from None
    except (KeyError, TypeError, ValueError, AttributeError, BadZipFile) as broken:
        raise PackBroken(
            "证据包没有通过核验", saw=f"记录的写法不对（{type(broken).__name__}）", do=CALL_ISSUER
        ) from None
    except OSError as error:
        raise FileUnreadable(
            "证据包打不开", saw=f"{pack.name}（{type(error).__name__}）", do="核对路径与权限"
        ) from None
    answer(
        {"sound": True, **found},
        f"核验通过：{found['pack']}，{found['messages']} 条消息，"
        f"序号 {found['first']} 至 {found['last']}",
        f"台账链段 {found['entries']} 条，链尾 {found['head']}",
        f"清单摘要 {found['digest']}",
    )


@keys.command("new")
def keys_new() -> None:
    """生成一把 32 字节密钥（base64），只打印一次。"""
    made = new_key()
    if OPTIONS["json"]:
        answer({"key": made})
    else:
        typer.echo(made)


@users.command("grant")
def users_grant(
    staff_id: str,
    role: Annotated[str, typer.Argument(help="rm | branch | ops | compliance | it")],
    unit: Annotated[str, typer.Option(help="机构号：这个机构及其下级")],
    days: Annotated[int | None, typer.Option(help="几天后失效，默认长期")] = None,
) -> None:
    """给一位员工一个角色，范围是一个机构及其下级。"""

    async def work() -> None:
        async with opened() as parts:
            at = parts.clock()
            async with parts.databases.bank.transaction() as session:
                await granting.grant(
                    session, staff_id, role, unit, by="system:cli", at=at, days=days
                )
            answer(
                {"staff": staff_id, "role": role, "unit": unit}, f"{staff_id} 已是 {unit} 的 {role}"
            )

    run(work)


@users.command("revoke")
def users_revoke(staff_id: str, role: str, unit: Annotated[str, typer.Option()]) -> None:
    """收回一个角色，立即生效。"""

    async def work() -> None:
        async with opened() as parts:
            async with parts.databases.bank.transaction() as session:
                await granting.revoke(
                    session, staff_id, role, unit, by="system:cli", at=parts.clock()
                )
            answer({"staff": staff_id, "role": role, "unit": unit}, f"已收回 {staff_id} 的 {role}")

    run(work)


@users.command("break-glass")
def users_break_glass(
    staff_id: str,
    reason: Annotated[str, typer.Option(help="为什么，会记入日志")],
) -> None:
    """企业微信登录不可用时的应急登录码：一次、十分钟。"""

    async def work() -> None:
        async with opened() as parts:
            at = parts.clock()
            async with parts.databases.bank.transaction() as session:
                code = await signin.make_break_glass(
                    session, staff_id=staff_id, reason=reason, made_by="system:cli", at=at
                )
            answer(
                {"code": code},
                f"应急码（只显示一次）：{code}",
                "在登录页的“应急登录”里输入，十分钟内有效",
            )

    run(work)
