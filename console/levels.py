"""Who may decide at a level: the roles that policy names, over the whole bank where it says so."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from config.approval_policy import Level
from console.errors import LevelNeeded
from console.sight import sight_of
from kit.web.guard import Asking

EVERYWHERE: Final = "全行"


async def may_decide(session: AsyncSession, asking: Asking, level: Level) -> bool:
    """Whether the asking person decides at ``level``."""
    if not set(level.roles) & set(asking.viewer.roles):
        return False
    if not level.whole_bank:
        return True
    return (await sight_of(session, asking.viewer, tuple(level.roles))).units is None


async def demand(session: AsyncSession, asking: Asking, level: Level) -> None:
    """LevelNeeded unless the asking person decides at ``level``."""
    if not await may_decide(session, asking, level):
        raise LevelNeeded(
            f"这一级由“{level.title}”决定",
            do="请有这一级权限的同事处理；级别和角色在“策略”里调整",
        )
