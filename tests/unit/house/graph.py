"""Who names whom, function by function: enough to ask whether one thing can lead to another."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from tests.unit.house.sources import Source, dotted, imported, sources


@cache
def functions(source: Source) -> tuple[tuple[str, ast.AST], ...]:
    """Every function and method with its full name; nested ones belong to their outer one."""
    return tuple(_functions(source))


def _functions(source: Source) -> Iterator[tuple[str, ast.AST]]:
    for node in source.tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{source.module}.{node.name}", node
        elif isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{source.module}.{node.name}.{part.name}", part


@cache
def _defined(source: Source) -> frozenset[str]:
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in source.tree.body if isinstance(node, kinds))


def named_in(source: Source, owner: str, node: ast.AST) -> set[str]:
    """The full names of everything of ours that ``node`` mentions, ``self`` resolved."""
    known, here = imported(source), _defined(source)
    found: set[str] = set()
    for part in ast.walk(node):
        if not isinstance(part, ast.Name | ast.Attribute):
            continue
        first, _, rest = dotted(part).partition(".")
        if first in known:
            found.add(f"{known[first]}.{rest}" if rest else known[first])
        elif first == "self" and rest:
            found.add(f"{owner.rpartition('.')[0]}.{rest}")
        elif first in here and not rest:
            found.add(f"{source.module}.{first}")
    return found


@cache
def mentioned() -> dict[str, frozenset[str]]:
    """For each function of ours, what it mentions."""
    return {
        name: frozenset(named_in(source, name, node))
        for source in sources()
        for name, node in functions(source)
    }


@cache
def mentioning() -> dict[str, frozenset[str]]:
    """For each thing, the functions of ours that mention it."""
    turned: dict[str, set[str]] = defaultdict(set)
    for name, others in mentioned().items():
        for other in others:
            turned[other].add(name)
    return {name: frozenset(who) for name, who in turned.items()}


def leads_to(start: str, end: str) -> bool:
    """Whether ``start`` mentions ``end``, or something that does."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name == end:
            return True
        if name not in seen:
            seen.add(name)
            waiting += mentioned().get(name, ())
    return False
