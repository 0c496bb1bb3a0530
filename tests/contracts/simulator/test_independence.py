"""The simulator judges the product, so neither may lean on the other."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[3]
PACKAGES = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"simulator", "tests"}


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_the_simulator_imports_nothing_of_the_product() -> None:
    assert "wecom" in PACKAGES
    for path in (ROOT / "simulator").rglob("*.py"):
        tops = {name.partition(".")[0] for name in _imports(path)}
        assert not tops & PACKAGES, path


def test_only_the_command_line_tests_and_measurements_import_the_simulator() -> None:
    for package in PACKAGES - {"commands", "bench"}:
        for path in (ROOT / package).rglob("*.py"):
            tops = {name.partition(".")[0] for name in _imports(path)}
            assert "simulator" not in tops, path
    for path in ROOT.glob("*.py"):
        if path.name != "cli.py":
            assert "simulator" not in {name.partition(".")[0] for name in _imports(path)}, path
