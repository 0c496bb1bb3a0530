"""What is documented: every setting, error, event, job and metric has its heading, no more.

A heading that nothing stands behind fails too, and so does a command, a target, a link or a
decision that is named and not there.
"""

import ast
import importlib
import pkgutil
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

import cli
from bot.handlers import HANDLERS
from config.settings import setting_names
from kit.errors import AppError
from tests.unit.house.sources import COMPOSITION, ROOT, calls, constants, dotted, packages, sources
from wiring.jobs import JOBS

DOCS = ROOT / "docs"
CODE = re.compile(r"E-\d{4}")
NO_CODE = {"E-0000": "AppError itself, which is never raised"}
PROMETHEUS = {"Counter", "Gauge", "Histogram", "Summary", "Info"}
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *DOCS.rglob("*.md"))
    if "errors.d" not in path.relative_to(ROOT).parts
)


def headings(name: str) -> list[str]:
    """The first word of each second-level heading, without its back quotes."""
    text = (DOCS / name).read_text(encoding="utf-8")
    return [one.strip("`") for one in re.findall(r"^## (\S+)", text, re.M)]


def assert_documented(name: str, wanted: set[str]) -> None:
    found = headings(name)
    twice = [one for one, number in Counter(found).items() if number > 1]
    assert not twice, f"docs/{name} has twice: {twice}"
    assert not wanted - set(found), f"docs/{name} lacks: {sorted(wanted - set(found))}"
    assert not set(found) - wanted, f"docs/{name} invents: {sorted(set(found) - wanted)}"


@cache
def everything_imported() -> None:
    """Import every module of ours, so that every class of an error is known."""
    for name in packages():
        package = importlib.import_module(name)
        for info in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(info.name)


def refusals(kind: type[AppError] = AppError) -> Iterator[type[AppError]]:
    for one in kind.__subclasses__():
        yield one
        yield from refusals(one)


def test_every_setting_has_its_heading() -> None:
    assert_documented("settings.md", set(setting_names()))


def test_every_setting_says_where_its_value_is_found() -> None:
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    for part in re.split(r"^## ", text, flags=re.M)[1:]:
        name = part.split()[0].strip("`")
        for word in ("默认", "在哪看", "例"):
            assert f"- {word}：" in part, f"{name} 没有写“{word}”"


def test_every_error_code_has_its_heading() -> None:
    written = {
        text for one in sources() for text, _ in constants(one) if CODE.fullmatch(text)
    } - set(NO_CODE)
    by_name = {
        str(node.value.value)
        for one in sources()
        if one.package == "wecom"
        for node in ast.walk(one.tree)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and isinstance(node.value, ast.Constant)
        and re.match(r"code\b", ast.unparse(node))
    }
    assert len(by_name) > 10
    assert_documented("errors.md", written | by_name)


def test_every_error_says_what_it_means_and_what_to_do() -> None:
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    for part in re.split(r"^## ", text, flags=re.M)[1:]:
        assert "含义：" in part, part[:40]
        assert "怎么办：" in part, part[:40]


def test_the_pieces_of_the_error_page_were_taken_in() -> None:
    left = list((DOCS / "errors.d").glob("*.md")) if (DOCS / "errors.d").is_dir() else []
    assert not left, "run python3 scripts/errors-page.py --remove"


def test_no_two_refusals_share_a_code() -> None:
    everything_imported()
    codes = Counter(one.code for one in set(refusals()))
    shared = {code: number for code, number in codes.items() if number > 1}
    assert not shared, shared


def test_every_refusal_explains_itself_in_its_docstring() -> None:
    everything_imported()
    silent = [one.__name__ for one in set(refusals()) if not (one.__doc__ or "").strip()]
    assert not silent, silent


def test_every_event_has_its_heading() -> None:
    assert_documented("events.md", {*HANDLERS, "unhandled"})


def test_every_job_has_its_heading() -> None:
    assert_documented("jobs.md", {job.id for job in JOBS})


def test_every_metric_has_its_heading() -> None:
    names = {
        str(call.args[0].value)  # type: ignore[attr-defined]
        for one in sources()
        for call in calls(one.tree)
        if dotted(call.func) in PROMETHEUS and "prometheus_client" in one.text and call.args
    }
    assert names
    assert_documented("metrics.md", names)


def test_every_package_has_its_place_in_the_drawing() -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    missing = [one for one in {*packages(), *COMPOSITION, "simulator"} if f"`{one}" not in text]
    assert not missing, missing


def test_decisions_are_numbered_and_whole() -> None:
    found = sorted((DOCS / "decisions").glob("*.md"))
    assert [path.name[:4] for path in found] == [f"{n:04}" for n in range(1, len(found) + 1)]
    for path in found:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]} "), path.name
        parts = re.findall(r"^## (.+)$", text, re.M)
        assert parts == ["Context", "Decision", "Consequences", "Alternatives"], path.name


def test_every_decision_that_the_code_names_exists() -> None:
    known = {path.name[:4] for path in (DOCS / "decisions").glob("*.md")}
    named = {
        (one.name, number)
        for one in sources()
        for number in re.findall(r"\bdecision (\d{4})\b", one.text)
    }
    assert named
    assert not {(name, number) for name, number in named if number not in known}


def _commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield words
    for name, command in getattr(group, "commands", {}).items():
        yield from _commands(command, (*words, name))


@cache
def commands() -> frozenset[tuple[str, ...]]:
    """Every command of ``gengyun``, as words."""
    return frozenset(_commands(typer.main.get_command(cli.app)))


def _says(text: str) -> Iterator[tuple[str, ...]]:
    """The command lines of a document: what follows ``gengyun`` in code."""
    code = re.findall(r"^```[a-z]*\n(.*?)^```", text, re.M | re.S) + re.findall(
        r"`([^`\n]+)`", text
    )
    for piece in code:
        for line in re.findall(r"(?:^|[\s/(])gengyun ([a-z][^\n|;&#]*)", piece):
            yield tuple(line.split())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_documents_name_only_commands_that_exist(path: Path) -> None:
    known = commands()
    unknown = set()
    for words in _says(path.read_text(encoding="utf-8")):
        if (words[0],) not in known:
            unknown.add(words[0])
        elif any(one[:1] == words[:1] and len(one) > 1 for one in known):  # a group
            second = words[1] if len(words) > 1 else ""
            if re.fullmatch(r"[a-z-]+", second) and words[:2] not in known:
                unknown.add(" ".join(words[:2]))
    assert not unknown, f"no such command: {sorted(unknown)}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_documents_name_only_targets_that_make_has(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^\$ ?|^)make ([a-z][a-z-]*)", text, re.M))
    assert named <= targets, sorted(named - targets)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_and_picture_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"(?:src|href)=\"([^\"]+)\"", text)
    dead = [
        one
        for one in targets
        if not re.match(r"[a-z]+:|#", one) and not (path.parent / one.partition("#")[0]).exists()
    ]
    assert not dead, dead


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_page_of_ours_that_is_named_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w/.])docs/[\w/-]+\.md", text))
    missing = [one for one in sorted(named) if not (ROOT / one).is_file()]
    assert not missing, missing


def test_every_page_that_the_code_names_exists() -> None:
    named = {
        (one.name, page) for one in sources() for page in re.findall(r"docs/[\w/-]+\.md", one.text)
    }
    missing = sorted((who, page) for who, page in named if not (ROOT / page).is_file())
    assert not missing, missing


def test_every_page_is_on_the_map() -> None:
    text = (DOCS / "README.md").read_text(encoding="utf-8")
    pages = {path.relative_to(DOCS).as_posix() for path in PAGES if path.is_relative_to(DOCS)}
    unlisted = [
        one
        for one in sorted(pages - {"README.md"})
        if f"({one})" not in text and not one.startswith("decisions/")
    ]
    assert not unlisted, unlisted


def test_the_version_is_one() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]  # fmt: skip
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{version}]" in changes
