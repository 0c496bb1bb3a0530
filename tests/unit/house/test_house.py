"""What must stay true of the code itself, whoever writes the next line (architecture.md, 5)."""

import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.unit.house.sources import (
    BESIDE,
    COMPOSITION,
    ROOT,
    Source,
    calls,
    constants,
    dotted,
    imported,
    packages,
    sources,
)

LONGEST_FILE = 400
VAGUE = frozenset(
    {
        "base",
        "common",
        "core",
        "helper",
        "helpers",
        "lib",
        "manager",
        "misc",
        "tools",
        "util",
        "utils",
    }
)
COMMITS = {
    "kit/db.py": "the transaction factory: leaving the block commits",
    "wiring/schema.py": "a migration is an edge of its own",
}
CLOCK = "kit/clock.py"
CLOCK_CALLS = re.compile(
    r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.(time|localtime))$"
)
ENVIRONMENT = {
    "config/settings.py": "reads it once, when the composition says so",
    "commands/opening.py": "the composition",
    "kit/web/assets.py": "PATH for npm, at installation",
}
TEMPLATES = sorted(
    path for package in packages() for path in (ROOT / package).rglob("*.html") if path.is_file()
)
INLINE = (
    (re.compile(r"\sstyle\s*=", re.I), "an inline style"),
    (re.compile(r"<style\b", re.I), "a <style> element"),
    (re.compile(r"<script\b(?![^>]*\bsrc=)", re.I), "an inline script"),
    (re.compile(r"\son[a-z]+\s*=\s*[\"'{]", re.I), "an inline event handler"),
    (re.compile(r"javascript:", re.I), "a javascript: address"),
    (re.compile(r"\bhx-on\b", re.I), "an hx-on handler, which htmx evaluates"),
    (re.compile(r"<(script|link|img|iframe)\b[^>]*\b(src|href)\s*=\s*[\"'](https?:)?//", re.I), "something loaded from elsewhere"),
)  # fmt: skip


def project() -> dict[str, Any]:
    """pyproject.toml as values."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def named(found: list[str]) -> str:
    return "\n".join(found)


def test_every_file_holds_one_idea_and_no_more_than_four_hundred_lines() -> None:
    long = [
        f"{one.name}: {len(one.text.splitlines())} lines"
        for one in sources(beside=True)
        if len(one.text.splitlines()) > LONGEST_FILE
    ]
    assert not long, named(long)


def test_no_file_has_a_name_that_says_nothing() -> None:
    vague = [one.name for one in sources(beside=True) if one.path.stem in VAGUE]
    assert not vague, named(vague)


def test_every_module_opens_with_a_sentence_that_says_what_it_owns() -> None:
    silent = [
        one.name
        for one in sources()
        if one.text.strip() and not (one.tree.body and _is_text(one.tree.body[0]))
    ]
    assert not silent, named(silent)


def _is_text(node: object) -> bool:
    value = getattr(getattr(node, "value", None), "value", None)
    return isinstance(value, str) and bool(value.strip())


def test_only_the_edge_commits() -> None:
    ends = {"commit", "rollback", "begin"}
    found = [
        f"{one.name}:{call.lineno}: {dotted(call.func)}()"
        for one in sources()
        if one.name not in COMMITS
        for call in calls(one.tree)
        if (dotted(call.func).rpartition(".")[2] in ends and _is_transaction(dotted(call.func)))
    ]
    assert not found, named(found)


def _is_transaction(name: str) -> bool:
    """``session.commit``, ``connection.rollback``, ``engine.begin``; not ``slots.begin``."""
    holder, _, end = name.rpartition(".")
    holder = holder.rpartition(".")[2].lower()
    known = ("session", "connection", "conn", "engine", "transaction", "db", "database")
    return end != "begin" or any(holder.endswith(word) for word in known)


def test_only_the_clock_asks_what_time_it_is() -> None:
    found = [
        f"{one.name}:{call.lineno}: {_full(one, call)}"
        for one in sources()
        if one.name != CLOCK
        for call in calls(one.tree)
        if CLOCK_CALLS.search(_full(one, call))
    ]
    assert not found, named(found)


def _full(source: Source, call: Any) -> str:
    first, _, rest = dotted(call.func).partition(".")
    known = imported(source).get(first, first)
    return f"{known}.{rest}" if rest else known


def test_only_the_composition_reads_the_environment() -> None:
    found = [
        f"{one.name}: {name}"
        for one in sources()
        if one.name not in ENVIRONMENT and one.package not in COMPOSITION
        for name in ("os.environ", "os.getenv")
        if name in one.text
    ]
    assert not found, named(found)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_page_has_an_inline_style_or_script(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S)
    found = [
        f"{what}: {match.group(0).strip()[:60]}"
        for pattern, what in INLINE
        for match in pattern.finditer(text)
    ]
    assert not found, named(found)


def test_no_code_writes_an_inline_style_or_script() -> None:
    found = [
        f"{one.name}:{line}: {what}"
        for one in sources()
        for text, line in constants(one)
        for pattern, what in INLINE[:4]
        if "<" in text and pattern.search(text)
    ]
    assert not found, named(found)


def test_there_are_pages_to_look_at() -> None:
    assert len(TEMPLATES) > 20


def test_no_import_points_upward() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-2_000:]
    assert "0 broken" in done.stdout


def test_every_package_stands_on_a_floor() -> None:
    linter = project()["tool"]["importlinter"]
    [layers] = [one for one in linter["contracts"] if one["type"] == "layers"]
    floors = {name.strip() for layer in layers["layers"] for name in layer.split("|")}
    wanted = set(packages())
    assert wanted <= floors, f"no floor: {sorted(wanted - floors)}"
    assert wanted <= set(linter["root_packages"]), "import-linter does not look at all of them"
    assert layers["layers"][:2] == ["commands", "wiring"], "the composition stands above the rest"


def test_set_up_compiles_every_package() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [code] = re.findall(r"^CODE := (.*)$", makefile, re.M)
    assert set(code.split()) == {*packages(), "app.py", "cli.py", "simulator"}


def test_every_package_is_typed_and_packed() -> None:
    wanted = set(packages())
    assert wanted <= set(project()["tool"]["mypy"]["packages"])
    packed = set(project()["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"])
    assert wanted <= packed, f"not in the wheel: {sorted(wanted - packed)}"
    sent = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
        if line.startswith("!")
    }
    assert wanted <= sent, f"not in the image: {sorted(wanted - sent)}"


def test_nothing_at_the_root_is_without_a_place() -> None:
    known = {*packages(), *BESIDE}
    strange = [
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and any(path.glob("*.py")) and path.name not in known
    ]
    assert not strange, named(strange)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "requirements-node.lock"])  # fmt: skip
def test_python_locks_pin_by_hash_and_name_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    blocks = [block for block in re.split(r"\n(?=\S)", text) if block.strip()]
    loose = [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block]
    assert not loose, named(loose)


@pytest.mark.parametrize("lock", ["assets/package-lock.json", "tests/node/package-lock.json"])
def test_npm_locks_pin_by_hash_and_name_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert '"resolved"' not in text
    assert '"integrity": "sha512-' in text


def test_both_locks_agree() -> None:
    def pins(lock: str) -> dict[str, str]:
        text = (ROOT / lock).read_text(encoding="utf-8")
        return dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.M))

    run, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    differing = [name for name, version in run.items() if dev.get(name, version) != version]
    assert not differing, named(differing)


def test_no_two_tables_have_one_name() -> None:
    names = Counter(
        match
        for one in sources()
        for match in re.findall(r'__tablename__: ClassVar\[str\] = "(\w+)"', one.text)
    )
    twice = [name for name, number in names.items() if number > 1]
    assert not twice, named(twice)
