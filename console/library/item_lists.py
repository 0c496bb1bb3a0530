"""The lists of the content library: the newest version of each item in a state, filtered, by code."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from console.library import narrowing, showing
from console.library.narrowing import SOON, Narrowing
from console.library.places import SCRIPTS, places
from console.lists import PER_PAGE, choice, nothing, paging, tab, url
from console.state_words import SCRIPT_STATES
from console.tables import cell, column, row, table
from content_library import endings
from content_library import repository as items_of
from content_library.facts import Library, State, VersionFact
from content_library.timing import timing_text
from kit.clock import bank_date
from kit.web.formats import iso_day
from kit.web.guard import Asking

MOST: Final = 2_000
"""More items than one bank keeps in one state; the filters look through them all."""
TABS: Final = (
    ("", "已发布", (State.APPROVED,)),
    ("submitted", "审核中", (State.SUBMITTED,)),
    ("draft", "草稿", (State.DRAFT,)),
    ("retired", "停用与驳回", (State.RETIRED, State.REJECTED)),
)

Fits = Callable[[VersionFact], bool]
Column = tuple[str, Callable[[VersionFact], dict[str, Any]]]
OwnFilter = tuple[str, str, Sequence[tuple[str, str]], str]
"""Name, label, options and value of a filter that one library alone has."""


def audience_cell(one: VersionFact) -> dict[str, Any]:
    """For whom, and at what times."""
    times = timing_text(one.script.timing)
    return cell(showing.audience(one.script), sub="" if times == "不限" else times)


def until_cell(one: VersionFact) -> dict[str, Any]:
    """The last day."""
    return cell(until_text(one.script.valid_until), sub=_from(one.script.valid_from))


def soon_cell(today: date) -> Callable[[VersionFact], dict[str, Any]]:
    """The last day, told apart where it is near."""

    def made(one: VersionFact) -> dict[str, Any]:
        until = one.script.valid_until
        near = until is not None and until <= today + timedelta(days=SOON)
        return until_cell(one) | {"bad": near and one.script.state == State.APPROVED}

    return made


def until_text(until: date | None) -> str:
    """The last day of an item; one without is good until it is recalled."""
    return iso_day(until) if until else "长期"


def _from(first: date | None) -> str:
    return f"{iso_day(first)} 起" if first else ""


def title_cell(one: VersionFact) -> dict[str, Any]:
    """The title, leading to the item, with its code below."""
    script = one.script
    there = f"{SCRIPTS}/{quote(script.code)}"
    return cell(script.title, there, sub=script.code, strong=True, opens=True)


async def item_list(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    *,
    library: Library,
    title: str,
    path: str,
    asked: Narrowing,
    after: str,
    columns: Sequence[Column],
    writers: Sequence[str],
    own_filter: OwnFilter | None = None,
    fits: Fits = lambda _: True,
) -> tuple[dict[str, Any], list[VersionFact]]:
    """The context of a list and the items on it; ``columns`` are those before version and state.

    What ends within some days is looked for in every library, as the overview counts it.
    """
    today = bank_date(asking.at)
    states = next((found for key, _, found in TABS if key == asked.state), (State.APPROVED,))
    if library == Library.SCRIPT and asked.ends.isdecimal() and not asked.state:
        every = await endings.page(session, today, days=int(asked.ends), limit=MOST)
    else:
        every = await items_of.library(session, states=states, library=library, limit=MOST)
    found = [one for one in every if fits(one) and asked.fits(one, today)]
    rest = [one for one in found if one.script.code > after]
    shown, more = rest[:PER_PAGE], len(rest) > PER_PAGE
    kept = asked.kept
    offered = narrowing.filters(request, asked, every, library)
    if own_filter is not None:
        name, label, options, value = own_filter
        kept[name] = value
        offered.insert(1, choice(name, label, [("", "全部"), *options], value))
    tabs = []
    for key, text, those in TABS:
        number = len(await items_of.library(session, states=those, library=library, limit=MOST))
        tabs.append(tab(text, url(path, state=key), number, key == asked.state))
    may_write = bool(set(asking.viewer.roles) & set(writers))
    context = table(
        "内容库",
        path,
        [*(column(text) for text, _ in columns), column("版本"), column("状态")],
        [_row(one, columns) for one in shown],
        sub=title,
        places=places(library),
        tabs=tabs,
        filters=offered,
        state=None
        if shown
        else nothing(
            title, kept.values(), path, f"运营可以新建{title}，或从文件导入；提交后由另一个人审核。"
        ),
        page=paging(
            shown,
            total=len(found),
            next_url=url(path, kept, after=shown[-1].script.code) if more else None,
            first_url=url(path, kept) if after else None,
        ),
        new_url=f"{path}/new" if may_write else None,
        new_text=f"新建{title}",
        links=[("导入", url(f"{SCRIPTS}/import", kind=_FILES[library]), "down")]
        if may_write
        else [],
    )
    return context, shown


_FILES: Final = {
    Library.SCRIPT: "scripts",
    Library.ARTICLE: "articles",
    Library.MEDIA: "materials",
    Library.PRODUCT: "listings",
}


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
