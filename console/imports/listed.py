"""数据导入: the newest file of each kind, and every import with what became of its rows."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from console import roles
from console.imports.naming import KINDS, STATES, kind_text, number_of
from console.lists import PER_PAGE, choice, nothing, paging, url
from console.naming import Names, names_for
from console.shell import page, shell
from crm_sync.imports import history
from crm_sync.imports.history import RunFact
from kit.web.guard import Asking, Reading, allow

router = APIRouter()
PATH: Final = "/c/imports"


@router.get(PATH, response_class=HTMLResponse)
async def imports(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.KEEPERS)],
    session: Reading,
    kind: str = "",
    status: Annotated[str, Query(alias="state")] = "",
    before: int = 0,
) -> Response:
    """Runs that match, the newest first."""
    wanted = {"kind": kind or None, "state": status or None}
    total = await history.count(session, **wanted)
    found = await history.runs(session, **wanted, limit=PER_PAGE + 1, before=before or None)
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    newest = await history.recent_of_each(session)
    names = await names_for(session, places=[one.by for one in shown])
    kept = {"kind": kind, "state": status}
    context = await shell(request, session, asking, "imports")
    context |= {
        "kinds": [_kind(one, newest[one]) for one in _ordered(newest)],
        "filters": [
            choice(
                "kind", "数据", [("", "全部"), *((one, kind_text(one)) for one in _ordered(newest))],
                kind,
            ),
            choice(
                "state", "状态", [("", "全部"), *((one, text) for one, (text, _) in STATES.items())],
                status,
            ),
        ],
        "state": None
        if shown
        else nothing(
            "导入", kept.values(), PATH, "在服务器上运行 gengyun import 种类 文件，结果会出现在这里。"
        ),
        "runs": [row(one, names) for one in shown],
        "page": paging(
            shown,
            total=total,
            next_url=url(PATH, kept, before=shown[-1].id) if more else None,
            first_url=url(PATH, kept) if before else None,
        ),
    }  # fmt: skip
    return page(request, "imports", context)


def _ordered(newest: Mapping[str, object]) -> list[str]:
    """Kinds in the order in which a bank's files go in, then any other."""
    known = [one for one in KINDS if one in newest]
    return [*known, *sorted(one for one in newest if one not in KINDS)]


def _kind(kind: str, runs: Sequence[RunFact]) -> dict[str, Any]:
    last = runs[0]
    text, colour = STATES[last.state]
    return {
        "name": kind_text(kind),
        "href": f"{PATH}/{last.id}",
        "all_url": url(PATH, kind=kind),
        "last_at": last.started_at,
        "source_date": last.source_date,
        **counts_of(last),
        "trend": [int(one.counts.get("read", 0)) for one in reversed(runs)],
        "state_text": text,
        "state_kind": colour,
    }


def counts_of(run: RunFact) -> dict[str, int | None]:
    """The figures of a run's own report; None while it has none."""
    return {
        "rows": run.counts.get("read"),
        "created": run.counts.get("added"),
        "changed": run.counts.get("updated"),
        "unchanged": run.counts.get("unchanged"),
        "removed": run.counts.get("removed"),
        "rejected": run.counts.get("rejected"),
    }


def row(run: RunFact, names: Names) -> dict[str, Any]:
    """A run as the table shows it."""
    text, colour = STATES[run.state]
    return {
        "href": f"{PATH}/{run.id}",
        "no": number_of(run.id),
        "kind_text": kind_text(run.kind),
        "file": run.file_name,
        "started_at": run.started_at,
        **counts_of(run),
        "by_text": names.actor(run.by),
        "state_text": text,
        "state_kind": colour,
    }
