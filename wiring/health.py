"""What this installation's processes answer when asked whether they can work."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from bot.health import Check
from wiring.parts import Parts
from wiring.schema import head, revision


def checks(parts: Parts) -> dict[str, Check]:
    """The questions every process is asked; none of them raises."""

    async def database() -> Mapping[str, Any]:
        try:
            for one in parts.databases.distinct:
                async with one.transaction() as session:
                    await session.execute(text("SELECT 1"))
                if await revision(one) != head():
                    return {
                        "ok": False,
                        "what": "数据库结构不是这个版本的",
                        "do": "运行 gengyun migrate",
                    }
        except Exception as error:
            return {
                "ok": False,
                "what": f"数据库不能写：{type(error).__name__}",
                "do": "看数据库是否在运行、磁盘是否已满",
            }
        return {"ok": True, "what": "数据库可写", "do": ""}

    async def calendar() -> Mapping[str, Any]:
        unready = parts.desk.calendar.readiness(parts.clock())
        return {
            "ok": True,
            "what": "；".join(one.saying for one in unready) or "节假日已就绪",
            "do": "gengyun import holidays 文件" if unready else "",
        }

    return {"database": database, "calendar": calendar}
