"""The project's own files as these tests read them: names, lines, syntax trees, imports."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
COMPOSITION = ("app", "cli", "commands", "wiring")
"""What stands above the floors: it joins the parts and may import all of them."""
BESIDE = (
    "assets",
    "bench",
    "deploy",
    "docs",
    "migrations",
    "samples",
    "scripts",
    "simulator",
    "tests",
)
"""What is no floor: data, documents, tests, and the simulator that nothing may import."""


@dataclass(frozen=True)
class Source:
    """One Python file. ``module`` is its dotted name, ``package`` the folder at the root."""

    path: Path
    module: str

    @property
    def package(self) -> str:
        return self.module.partition(".")[0]

    @property
    def name(self) -> str:
        """The path from the root, as it is written in a failure."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def tree(self) -> ast.Module:
        return _tree(self.path)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def packages() -> tuple[str, ...]:
    """The folders at the root that are ours and hold Python, tests and the like left out."""
    return tuple(
        sorted(
            path.parent.name
            for path in ROOT.glob("*/__init__.py")
            if path.parent.name not in BESIDE and not path.parent.name.startswith(".")
        )
    )


@cache
def sources(*, beside: bool = False) -> tuple[Source, ...]:
    """Our Python files; with ``beside`` also the simulator's, the benches' and the tests'."""
    names = [*packages(), *(("bench", "simulator", "tests") if beside else ())]
    found = [ROOT / "app.py", ROOT / "cli.py"]
    for name in names:
        found += sorted((ROOT / name).rglob("*.py"))
    return tuple(Source(path, _module(path)) for path in found if "node_modules" not in path.parts)


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imported(source: Source) -> dict[str, str]:
    """What a local name stands for: ``{"create": "wecom.broadcasts.create"}``."""
    names: dict[str, str] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
    return names


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of a chain of names; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


@cache
def mentions(source: Source) -> tuple[tuple[str, int], ...]:
    """Every imported thing that a file names or imports, by its full name, with the line."""
    names = imported(source)
    found: list[tuple[str, int]] = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
        elif isinstance(node, ast.Name | ast.Attribute):
            first, _, rest = dotted(node).partition(".")
            if first in names:
                full = f"{names[first]}.{rest}" if rest else names[first]
                found.append((full, node.lineno))
    return tuple(found)


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Every call in a tree."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def constants(source: Source) -> Iterator[tuple[str, int]]:
    """Every string of a file that is not a docstring, with its line."""
    said = {
        id(node.value)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value, node.lineno
