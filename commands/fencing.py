"""``gengyun intercept``: what WeCom's chat word rules lack, and putting them in step."""

from typing import Annotated, Final

import typer

from commands.opening import answer, opened, run
from wiring import fence

app = typer.Typer()
KINDS: Final = {"add": "新增", "update": "修改", "delete": "删除"}


@app.command("intercept")
def intercept_command(
    apply: Annotated[
        bool, typer.Option("--apply", help="照差异改企业微信；不写则只比对，什么也不改")
    ] = False,
) -> None:
    """企业微信聊天敏感词：与规则库比对；--apply 照着增、改、删本系统的规则。"""

    async def work() -> None:
        async with opened() as parts:
            kept = await fence.keep(parts, apply=apply, by="system:cli")
            found = {
                "applied": apply,
                "others": kept.others,
                "steps": [
                    {"kind": one.kind, "rule": one.name, "why": one.why} for one in kept.planned
                ],
                "done": len(kept.done),
                "unknown": [one.name for one in kept.unknown],
                "refused": [{"rule": one.name, "said": said} for one, said in kept.refused],
            }
            said = [f"{KINDS[one.kind]}“{one.name}”：{one.why}" for one in kept.planned]
            said += [f"没有答复“{one.name}”：再运行一次会先核对" for one in kept.unknown]
            said += [f"企业微信不接受“{one.name}”：{why}" for one, why in kept.refused]
            head = f"{len(kept.planned)} 处不同" if kept.planned else "企业微信与规则库一致"
            if apply and kept.planned:
                head += f"，已改 {len(kept.done)} 处"
            elif kept.planned:
                head += "，没有改动；加 --apply 照着改"
            answer(found, head, *said)

    run(work)
