"""How statements over many rows are written on both databases."""

from typing import Any, Final

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from kit.among import among
from kit.db import is_postgresql

__all__ = ("UNTRACKED", "among", "unnested")

UNTRACKED: Final = {"synchronize_session": False}
"""For statements that write many rows: no object in the session is kept in step with them."""


def unnested(session: AsyncSession, column: Any) -> Any:
    """The texts in a JSON list ``column`` as a lateral table with one column ``value``."""
    if is_postgresql(session):
        return func.jsonb_array_elements_text(column).table_valued("value")
    return func.json_each(column).table_valued("value")
