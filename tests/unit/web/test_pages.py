"""Every page renders strictly, and none carries a style, a script or a colour of its own."""

import re
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment
from jinja2.exceptions import UndefinedError

from kit.web import pages, static_files
from kit.web.pages import make_environment
from kit.web.static_files import STATIC_DIR, StaticMissing, static
from tests.unit.web.examples import PAGES
from tests.unit.web.examples.h5 import CUSTOMER

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE_DIRS = [ROOT / "bot" / "templates", ROOT / "console" / "templates"]
TEMPLATES = sorted(
    path for folder in [*TEMPLATE_DIRS, pages.SHARED_TEMPLATES] for path in folder.rglob("*.html")
)
OURS = sorted(STATIC_DIR.glob("*.js"))
STYLES = sorted(STATIC_DIR.glob("*.css"))
RAW_COLOUR = re.compile(r"#[0-9A-Fa-f]{3,8}\b(?![\w-])|\brgba?\(|\bhsla?\(")
VOID = {"meta", "link", "input", "br", "img", "hr"}


@pytest.fixture(scope="module")
def environment() -> Environment:
    """The environment of the product, with vendored files that need not be installed."""
    known = static_files.static

    def lenient(name: str) -> str:
        return f"/static/{name}" if name.startswith("vendor/") else known(name)

    made = make_environment(TEMPLATE_DIRS)
    made.globals["static"] = lenient
    return made


class Structure(HTMLParser):
    """Notes what a strict Content-Security-Policy would refuse, and tags that do not close."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.open: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.faults += [
            f"{tag} {name}" for name in given if name == "style" or name.startswith("on")
        ]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.faults.append(f"inline {tag}")
        source = given.get("src") or (given.get("href") if tag == "link" else None) or ""
        if "//" in source:
            self.faults.append(f"outside {source}")
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "form" and (given.get("method") or "get") == "post":
            self.open.append("form:post")
        elif tag not in VOID:
            self.open.append(tag)
        if given.get("name") == "csrf_token" and "form:post" in self.open:
            self.open[self.open.index("form:post")] = "form:safe"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        opened = len(self.open)
        self.handle_starttag(tag, attrs)
        del self.open[opened:]

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        last = self.open.pop() if self.open else "nothing"
        if last == "form:post":
            self.faults.append("form without csrf_token")
        if last.split(":")[0] != tag:
            self.faults.append(f"</{tag}> closes <{last}>")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_renders_with_what_its_router_promises(name: str, environment: Environment) -> None:
    page = PAGES[name]
    html = environment.get_template(page.template).render(**page.context)
    read = Structure()
    read.feed(html)
    assert read.faults == []
    assert read.open == []
    assert sorted(set(read.ids)) == sorted(read.ids), "an id stands twice"
    assert "built-in method" not in html, "a key collides with a method of dict"


@pytest.mark.parametrize(
    "name",
    [name for name, page in PAGES.items() if "/_" not in page.template and "refusal" not in name],
)
def test_a_whole_page_has_a_language_a_title_and_a_place_to_start(
    name: str, environment: Environment
) -> None:
    page = PAGES[name]
    html = environment.get_template(page.template).render(**page.context)
    assert html.startswith("<!doctype html>")
    assert '<html lang="zh-CN"' in html
    assert re.search(r"<title>[^<]*[\u4e00-\u9fff]", html)
    assert html.count('id="main"') == 1
    assert html.count("<h1") <= 1
    assert 'name="csrf-token"' in html


def test_every_template_is_rendered_by_an_example(environment: Environment) -> None:
    seen: set[str] = set()
    loader = environment.loader
    assert loader is not None
    for page in PAGES.values():
        todo = [page.template]
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            source, _, _ = loader.get_source(environment, name)
            todo += re.findall(r"(?:extends|include|import|from) '([^']+\.(?:html|svg))'", source)
    names = {
        str(path.relative_to(folder))
        for folder in [*TEMPLATE_DIRS, pages.SHARED_TEMPLATES]
        for path in folder.rglob("*.html")
    }
    assert names - seen == set()


def test_a_missing_fact_is_an_error_and_not_a_blank(environment: Environment) -> None:
    context = {name: value for name, value in CUSTOMER.items() if name != "scripts_total"}
    with pytest.raises(UndefinedError, match="scripts_total"):
        environment.get_template("h5/customer.html").render(**context)


def test_a_hostile_nickname_is_only_text(environment: Environment) -> None:
    nickname = '"><script>alert(1)</script>{{ 7*7 }}'
    context = {**CUSTOMER, "c": {**CUSTOMER["c"], "nick": nickname}}
    html = environment.get_template("h5/customer.html").render(**context)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "{{ 7*7 }}" in html


def test_times_are_beijing_whatever_the_moment_s_zone(environment: Environment) -> None:
    utc = datetime.fromisoformat("2026-11-20T02:42:00+00:00")
    page = PAGES["console_interactions"]
    entries = [{**page.context["entries"][0], "at": utc}]
    html = environment.get_template(page.template).render(**{**page.context, "entries": entries})
    assert "2026-11-20 10:42:00" in html


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_colour_and_no_safe_filter(path: Path) -> None:
    source = re.sub(r'(href|hx-target|hx-select|hx-get)="[^"]*"', "", path.read_text("utf-8"))
    assert not re.findall(r"(?<!&)#[0-9A-Fa-f]{6}\b", source)
    assert "|safe" not in source
    assert "| safe" not in source


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_raw_colours_stand_in_tokens_only(path: Path) -> None:
    css = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    found = RAW_COLOUR.findall(css)
    assert bool(found) == (path.name == "tokens.css"), found
    assert css.count("{") == css.count("}")
    assert not re.search(r":has\(|color-mix|@container|@layer", css), (
        "newer than the baseline engine"
    )


def test_every_variable_of_the_styles_is_a_token() -> None:
    defined = set(re.findall(r"(--[\w-]+)\s*:", (STATIC_DIR / "tokens.css").read_text("utf-8")))
    for path in STYLES:
        assert set(re.findall(r"var\((--[\w-]+)", path.read_text("utf-8"))) <= defined, path.name


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_script_is_es2017_and_evaluates_nothing(path: Path) -> None:
    source = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    code = re.sub(r"'(?:[^'\\\n]|\\.)*'", "''", source)
    for newer in (r"\?\.[A-Za-z(\[]", r"\?\?", r"\|\|=|&&=", r"\bcatch\s*\{", r"\.\.\.", r"\.finally\(",
                  r"\.at\(", r"\.flatMap\(", r"\.replaceAll\(", r"\bimport\b", r"#\w+\s*="):  # fmt: skip
        assert not re.search(newer, code), newer
    for dangerous in (r"\beval\(", r"new Function", r"document\.write", r"setTimeout\(''"):
        assert not re.search(dangerous, code), dangerous
    assert "//" not in code.replace("://", ""), "no address of elsewhere, no line comments"


def test_the_simulated_client_is_served_only_where_it_is_asked_for(
    environment: Environment,
) -> None:
    real = {**CUSTOMER, "sdk": {**CUSTOMER["sdk"], "script": "vendor/wecom.global.prod.js"}}
    html = environment.get_template("h5/customer.html").render(**real)
    assert "fake-ww" not in html
    assert "vendor/wecom.global.prod.js" in html


def test_every_icon_that_is_named_is_drawn() -> None:
    drawn = set(
        re.findall(r'id="i-([\w-]+)"', (pages.SHARED_TEMPLATES / "layout/icons.svg").read_text())
    )
    used: set[str] = set()
    for path in TEMPLATES:
        used |= set(re.findall(r"icon\('([\w-]+)'", path.read_text("utf-8")))
    assert used <= drawn


def test_a_static_url_changes_with_the_content_and_a_missing_file_is_refused() -> None:
    assert re.fullmatch(r"/static/tokens\.css\?v=[0-9a-f]{12}", static("tokens.css"))
    assert static("base.css").split("v=")[1] != static("tokens.css").split("v=")[1]
    with pytest.raises(StaticMissing, match="make setup"):
        static("vendor/not-there.js")
