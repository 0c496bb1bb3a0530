"""Every link and form of every page of the desk leads somewhere, and every export is a file."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from console.errors import ExportTooLarge
from console.exports import MOST, plain, small_enough
from kit.ledger.reading import Wanted, page
from tests.flows.console import scenes
from tests.flows.console.office import AT, Desk, Office
from tests.unit.house.sources import ROOT

pytestmark = pytest.mark.anyio
only_once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TEMPLATES = ROOT / "console" / "templates"
LINKS = re.compile(r'<a\b[^>]*\bhref="(/[^"]*)"')
GOT = re.compile(r'\bhx-get="(/[^"]*)"')
FORMS = re.compile(r'<form\b[^>]*\bmethod="(get|post)"[^>]*\baction="(/[^"]*)"', re.I)
WRITTEN = re.compile(r"""(?:href|action|hx-get|hx-post)="(/[^"{]*)["{]|['"](/c/[^'"{ ]*)['"]""")
PEOPLE = ("wangshan", "hejing", "gaoyuan", "suntao")


def _all(routes: Any) -> Iterator[Any]:
    """The routes one by one, those of included routers where they stand."""
    for one in routes:
        within = getattr(one, "original_router", None)
        if within is None:
            yield one
        else:
            yield from _all(within.routes)


def leads(office: Office, method: str, address: str) -> APIRoute | None:
    """The route that would answer, its numbers being numbers; None where nothing would."""
    path = urlsplit(unescape(address)).path
    for route in _all(office.app.routes):
        if not isinstance(route, APIRoute) or method not in (route.methods or ()):
            continue
        found = route.path_regex.match(path)
        if found:
            numbers = {
                one.name for one in route.dependant.path_params if one.field_info.annotation is int
            }
            given = found.groupdict()
            return route if all(given[name].lstrip("-").isdecimal() for name in numbers) else None
    return None


def asked(html: str) -> set[tuple[str, str]]:
    """(method, address) of every link and form of a page that leads to a page of ours."""
    found = {("GET", one) for one in (*LINKS.findall(html), *GOT.findall(html))}
    found |= {(method.upper(), action) for method, action in FORMS.findall(html)}
    return {(method, one) for method, one in found if not one.startswith("/static/")}


async def _something_everywhere(office: Office) -> None:
    zhou = office.customers["zhou"]
    async with office.database.transaction() as session:
        await scenes.belongs(session, zhou, "稳健养老", at=AT)
        await scenes.touch(session, zhou, at=AT)
        await scenes.todo(session, zhou, at=AT)


async def _wrong_links(office: Office, desk: Desk, seen: set[str]) -> set[str]:
    """Wrong links of every page that the person may open and that is not in ``seen`` yet, and of
    one page of each kind that those lead to."""
    bare = {
        one.path
        for one in _all(office.app.routes)
        if isinstance(one, APIRoute) and "GET" in (one.methods or ()) and "{" not in one.path
    }
    waiting, wrong = set(bare), set()
    while waiting:
        address = waiting.pop()
        route = leads(office, "GET", address)
        if route is None or route.path in seen or not address.startswith("/c/"):
            continue
        answer = await desk.get(unescape(address))
        if answer.status_code in (303, 403) or (answer.status_code == 422 and address in bare):
            continue  # for others; or a page that a link must ask something of
        assert answer.status_code == 200, (address, answer.text[:300])
        seen.add(route.path)
        for method, one in asked(answer.text):
            if leads(office, method, one) is None:
                wrong.add(f"{method} {one} on {address}")
            elif method == "GET" and route.response_class is HTMLResponse:
                waiting.add(one)
    return wrong


@only_once
@pytest.mark.slow
async def test_every_link_and_form_of_the_desk_leads_somewhere(desk_office: Office) -> None:
    await _something_everywhere(desk_office)
    seen: set[str] = set()
    for person in PEOPLE:
        desk = await desk_office.sit(person)
        assert await _wrong_links(desk_office, desk, seen) == set(), person
    assert len(seen) > 60


@only_once
async def test_every_address_written_in_a_template_is_a_page(desk_office: Office) -> None:
    wrong = []
    for template in sorted(TEMPLATES.rglob("*.html")):
        for first, second in WRITTEN.findall(template.read_text("utf-8")):
            address = (first or second).rstrip("?&")
            if address.startswith("/static/") or (
                address.endswith(("/", "=")) and address != "/c/"
            ):
                continue  # goes on with a value of the page: the test above follows those
            if not any(leads(desk_office, method, address) for method in ("GET", "POST")):
                wrong.append(f"{address} in {template.name}")
    assert wrong == []


@pytest.mark.parametrize(
    ("path", "person", "act", "column"),
    [
        ("/c/customers", "wangshan", "customers.exported", "客户号"),
        ("/c/todos", "wangshan", "todos.exported", "来由"),
        ("/c/interactions", "hejing", "record.exported", "摘要"),
        ("/c/log", "hejing", "log.exported", "留痕"),
    ],
)
async def test_an_export_is_the_masked_list_in_sight_and_is_recorded(
    desk_office: Office, path: str, person: str, act: str, column: str
) -> None:
    await _something_everywhere(desk_office)
    desk = await desk_office.sit(person)
    html = await desk.page(path)
    [link] = {unescape(one) for one in re.findall(r'href="([^"]*export\.csv[^"]*)"', html)}
    answer = await desk.get(link)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows
    assert column in rows[0]
    assert "6210003821" not in answer.text
    assert "13800002071" not in answer.text
    async with desk_office.database.reading() as session:
        [line] = await page(session, Wanted(acts=frozenset({act})))
    assert line.actor == f"staff:{person}"
    branch = await desk_office.sit("suntao")
    assert (await branch.get(link)).status_code in (403, 404)
    assert "export.csv" not in (await branch.get(path)).text


async def test_an_export_holds_what_the_filters_of_the_page_hold(desk_office: Office) -> None:
    desk = await desk_office.sit("wangshan")
    answer = await desk.get("/c/customers/export.csv?unit=02")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {one["客户号"] for one in rows} == {"****1205", "****9917"}
    later = (AT + timedelta(days=9)).date().isoformat()
    empty = await desk.get(f"/c/todos/export.csv?from={later}")
    assert len(empty.text.splitlines()) == 1


def test_no_cell_is_a_formula_and_nothing_is_cut_silently() -> None:
    assert [plain(one) for one in ("=1+1", "-3", None, 7, "周*兰")] == [
        "'=1+1",
        "'-3",
        "",
        "7",
        "周*兰",
    ]
    small_enough(MOST)
    with pytest.raises(ExportTooLarge):
        small_enough(MOST + 1)
