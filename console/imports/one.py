"""One import: what became of its rows, and each line that was not taken with the reason."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from console import roles
from console.errors import RunUnknown
from console.imports.listed import PATH, counts_of
from console.imports.naming import REJECTS, STATES, kind_text, number_of
from console.lists import PER_PAGE, paging, state, url
from console.naming import Names, names_for
from console.shell import page, shell
from crm_sync.imports import history
from crm_sync.imports.history import RejectFact, RunFact
from kit.web.formats import count, digest
from kit.web.guard import Asking, Reading, allow

router = APIRouter()


@router.get(PATH + "/{run_id}", response_class=HTMLResponse)
async def import_run(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.KEEPERS)],
    session: Reading,
    run_id: int,
    code: str = "",
    column: str = "",
    after: int = 0,
) -> Response:
    """One run. RunUnknown where there is none of that number."""
    run = await history.one(session, run_id)
    if run is None:
        raise RunUnknown("没有这次导入", saw=str(run_id), do="从数据导入里选")
    asked = {"code": code or None, "column": column or None}
    total = await history.count_rejects(session, run_id, **asked)
    found = await history.rejects(session, run_id, **asked, limit=PER_PAGE + 1, after=after)
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    reasons = await history.reasons(session, run_id)
    names = await names_for(session, places=[run.by])
    here = f"{PATH}/{run_id}"
    kept = {"code": code, "column": column}
    text, colour = STATES[run.state]
    context = await shell(request, session, asking, "imports")
    context |= {
        "run": {
            "no": number_of(run.id),
            "kind_text": kind_text(run.kind),
            "started_at": run.started_at,
            "state_text": text,
            "state_kind": colour,
        },
        "counts": _counts(run),
        "state": _state(run, reasons, shown),
        "list_title": REJECTS.get(code, code) if code else "拒收的行",
        "all_url": here if code or column else None,
        "rejects": [_reject(one) for one in shown],
        "facts": _facts(run, names),
        "reasons": [
            {
                "text": REJECTS.get(one.code, one.code),
                "column": one.column,
                "code": one.code,
                "n": one.lines,
                "href": url(here, code=one.code, column=one.column),
                "current": (one.code, one.column) == (code, column),
            }
            for one in reasons
        ],
        "page": paging(
            shown,
            total=total,
            next_url=url(here, kept, after=shown[-1].line) if more else None,
            first_url=url(here, kept) if after else None,
        ),
    }
    return page(request, "import_run", context)


def _counts(run: RunFact) -> list[dict[str, Any]]:
    """Read = added + updated + unchanged + rejected; the report's own figures."""
    found = counts_of(run)
    rejected = found["rejected"] or 0
    told = (
        ("读到", found["rows"], "文件里的数据行", ""),
        ("新增", found["created"], "以前没有的", ""),
        ("改动", found["changed"], "内容有变化的", ""),
        ("没变", found["unchanged"], "与上次完全一样，没有重写", ""),
        ("拒收", found["rejected"], "下面逐行列出原因", "#list" if rejected else ""),
        ("移除", found["removed"], "同一来源里这次没有的", ""),
    )
    return [
        {
            "name": name,
            "value": count(value),
            "note": note,
            "href": href,
            "bad": name == "拒收" and rejected > 0,
        }
        for name, value, note, href in told
    ]


def _state(
    run: RunFact, reasons: Sequence[object], shown: Sequence[object]
) -> dict[str, Any] | None:
    """Why the whole file was refused, or that nothing matches what was asked for."""
    if run.refusal:
        told = run.refusal
        text = "；".join(
            f"{label}：{told[key]}"
            for key, label in (("saw", "现在是"), ("where", "在哪看"), ("do", "怎么办"))
            if told.get(key)
        )
        what = str(told.get("what", "没有完成"))
        return state("blocked", what, text, code=str(told.get("code", "")))
    if run.state == "running":
        return state("partial", "还在导入。", "做完之后刷新这一页。")
    if reasons and not shown:
        return state(
            "no_result", "没有这样的行", "换一个原因看看。", action=("看全部", f"{PATH}/{run.id}")
        )
    return None


def _reject(one: RejectFact) -> dict[str, Any]:
    return {
        "line": one.line,
        "column": one.column or "—",
        "what": one.reason,
        "code": one.code,
    }


def _facts(run: RunFact, names: Names) -> list[tuple[str, str, str]]:
    return [
        ("文件", run.file_name, "mono"),
        ("由谁", names.actor(run.by), ""),
        ("来源", run.source or "—", ""),
        ("数据日期", run.source_date or "—", "num"),
        ("映射", run.mapping or "本系统的列名", ""),
        ("SHA-256", digest(run.sha256), "mono"),
    ]
