"""Lets one SELECT through and nothing else; the read-only transaction stands behind it."""

import re
from typing import Final

from crm_sync.sources.errors import QueryRefused

_APART: Final = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | \$(\w*)\$.*?\$\1\$""",
    re.VERBOSE | re.DOTALL,
)
_WORD: Final = re.compile(r"[A-Za-z_]\w*")
_WRITING: Final = frozenset(
    [
        "insert",
        "update",
        "delete",
        "merge",
        "truncate",
        "drop",
        "alter",
        "create",
        "grant",
        "revoke",
        "call",
        "copy",
        "lock",
        "attach",
        "detach",
        "pragma",
        "vacuum",
        "into",
        "execute",
        "listen",
        "notify",
        "reindex",
    ]
)
_TABLE: Final = re.compile(r"[A-Za-z_][\w$]*(\.[A-Za-z_][\w$]*){0,2}", re.ASCII)


def one_select(text: str, where: str) -> str:
    """The statement without its final semicolon, ready for ``text()``: no colon in it is a value.

    Words inside quotes and comments are not looked at. Raises QueryRefused for anything but one
    SELECT.
    """
    bare = _APART.sub(lambda found: " " if found[0][0] in "-/" else "''", text).strip()
    if "'" in bare.replace("''", "") or '"' in bare or "/*" in bare:
        raise _refused("查询里有没有配对的引号或注释", where)
    if ";" in bare.rstrip(";"):
        raise _refused("查询里有不止一条语句", where)
    words = [word.lower() for word in _WORD.findall(bare)]
    if not words or words[0] not in ("select", "with"):
        raise _refused("查询应以 SELECT（或 WITH … SELECT）开头", where, words[:1])
    writing = [word for word in words if word in _WRITING]
    if writing or re.search(r"\bfor\s+(no\s+key\s+)?(update|share|key)\b", bare, re.IGNORECASE):
        raise _refused("查询里有改动数据的词，只能读", where, writing or ["for update"])
    return text.strip().rstrip(";").rstrip().replace(":", r"\:")


def select_all(table: str, where: str) -> str:
    """Every column of a table or view, its name quoted part by part. Raises QueryRefused."""
    if not _TABLE.fullmatch(table):
        raise _refused("table 应是表或视图的名字，可带模式名", where, [table[:60]])
    quoted = ".".join(f'"{part}"' for part in table.split("."))
    return f"SELECT * FROM {quoted}"  # noqa: S608 — the name is letters, digits and _ alone


def since(statement: str, column: str) -> str:
    """The rows of ``statement`` from the watermark ``:since`` on."""
    quoted = column.replace('"', '""').replace(":", r"\:")
    return (
        f"SELECT * FROM (\n{statement}\n) AS gengyun_rows"  # noqa: S608 — judged before
        f' WHERE gengyun_rows."{quoted}" >= :since'
    )


def _refused(what: str, where: str, seen: list[str] | None = None) -> QueryRefused:
    return QueryRefused(
        what,
        saw="、".join(seen or ())[:80],
        where=f"{where} 的 [sql]",
        do="写成一条 SELECT；要改写的列名加双引号",
    )
