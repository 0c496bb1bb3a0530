"""Lists of articles and materials: the newest version of each in a state, filtered, by code."""

from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from console.library import showing
from console.library.listed import TABS
from console.library.places import SCRIPTS, places
from console.lists import PER_PAGE, choice, nothing, paging, tab, url, words
from console.state_words import SCRIPT_STATES
from console.tables import cell, column, row, table
from content_library import repository as items_of
from content_library.facts import Library, State, VersionFact
from content_library.timing import timing_text
from kit.web.formats import iso_day

MOST: Final = 2_000
"""More items than one bank keeps in one state; the filters look through them all."""

Fits = Callable[[VersionFact], bool]
Column = tuple[str, Callable[[VersionFact], dict[str, Any]]]


def audience_cell(one: VersionFact) -> dict[str, Any]:
    """For whom, and at what times."""
    times = timing_text(one.script.timing)
    return cell(showing.audience(one.script), sub="" if times == "不限" else times)


def until_cell(one: VersionFact) -> dict[str, Any]:
    """The last day."""
    return cell(iso_day(one.script.valid_until))


def title_cell(one: VersionFact) -> dict[str, Any]:
    """The title, leading to the item, with its code below."""
    script = one.script
    return cell(script.title, f"{SCRIPTS}/{quote(script.code)}", sub=script.code, strong=True)


async def item_list(
    request: Request,
    session: AsyncSession,
    *,
    library: Library,
    title: str,
    path: str,
    status: str,
    q: str,
    persona: str,
    own_filter: tuple[str, str, Sequence[tuple[str, str]], str],
    fits: Fits,
    after: str,
    columns: Sequence[Column],
    new_url: str | None,
) -> dict[str, Any]:
    """The context of a list; ``own_filter``: name, label, options and value of its own filter."""
    states = next((found for key, _, found in TABS if key == status), (State.APPROVED,))
    every = await items_of.library(session, states=states, library=library, limit=MOST)
    asked = q.strip().casefold()
    found = [
        one
        for one in every
        if fits(one)
        and (not asked or asked in f"{one.script.code} {one.script.title}".casefold())
        and (not persona or persona in one.script.personas or persona == one.script.persona)
    ]
    rest = [one for one in found if one.script.code > after]
    shown, more = rest[:PER_PAGE], len(rest) > PER_PAGE
    name, label, options, value = own_filter
    kept = {"q": q, name: value, "persona": persona, "state": status}
    personas = [(one.name, one.title) for one in request.app.state.parts.personas.persona]
    tabs = []
    for key, text, those in TABS:
        number = len(await items_of.library(session, states=those, library=library, limit=MOST))
        tabs.append(tab(text, url(path, state=key), number, key == status))
    return table(
        "内容库",
        path,
        [*(column(text) for text, _ in columns), column("版本"), column("状态")],
        [_row(one, columns) for one in shown],
        sub=title,
        places=places(library),
        tabs=tabs,
        filters=[
            words("q", f"找{title}", "编号、标题", q),
            choice(name, label, [("", "全部"), *options], value),
            choice("persona", "客群", [("", "全部"), *personas], persona),
        ],
        state=None
        if shown
        else nothing(title, kept.values(), path, f"运营可以新建{title}，提交后由另一个人审核。"),
        page=paging(
            shown,
            total=len(found),
            next_url=url(path, kept, after=shown[-1].script.code) if more else None,
            first_url=url(path, kept) if after else None,
        ),
        new_url=new_url,
        new_text=f"新建{title}",
    )


def _row(one: VersionFact, columns: Sequence[Column]) -> dict[str, Any]:
    script = one.script
    text, colour = SCRIPT_STATES[State(script.state).value]
    cells = [made(one) for _, made in columns]
    return row(
        [*cells, cell(f"第 {script.version} 版"), cell(text, kind=colour)],
        code=script.code,
        version_id=script.version_id,
        state=script.state,
    )
