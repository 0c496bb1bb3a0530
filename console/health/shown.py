"""运行状况: each dependency and job with what to do, what waits, and the seal over the record."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from archive import activity
from console import roles, seals
from console.health import checks
from console.installation import InboxFact, installation_of
from console.lists import url
from console.setup.steps import steps_of
from console.shell import page, shell
from delivery import operations
from kit.web.formats import count
from kit.web.guard import Asking, Reading, allow

router = APIRouter()
PATH: Final = "/c/health"
INBOX: Final = (
    ("new", "在等"),
    ("handled", "处理完"),
    ("unhandled", "留存，不需要处理"),
    ("dead", "五次没成，等人看"),
)
OUTBOX: Final = (
    ("queued", "在排队"),
    ("sending", "正在发"),
    ("sent", "企业微信已收下"),
    ("unknown", "结果不明"),
    ("failed", "企业微信拒绝"),
    ("expired", "过了时候，没有发"),
    ("cancelled", "撤回"),
)
BAD: Final = ("dead", "unknown", "failed")


@router.get(PATH, response_class=HTMLResponse)
async def health(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.KEEPERS)],
    session: Reading,
) -> Response:
    """Everything this installation stands on, as it is now."""
    parts = request.app.state.parts
    installation = installation_of(request)
    inbox = await installation.inbox()
    sending = await operations.call_counts(session)
    due = await operations.oldest_call_due(session, asking.at)
    sheet = await activity.sheet(session)
    lines = [
        *checks.of_databases(await installation.databases()),
        checks.of_inbox(inbox, asking.at),
        checks.of_outbox(sending, due, asking.at),
        checks.of_limits(
            await parts.pace.fullness(), await operations.calls_waiting(session, asking.at)
        ),
        checks.of_archive(sheet, parts.archive_source is not None, asking.at),
        *await checks.of_imports(session),
        *await checks.of_jobs(session, installation.jobs(asking.at), asking.at),
    ]
    steps = await steps_of(request, session, asking.at, inbox)
    to_do = sum(one["state_kind"] in ("warn", "danger") for one in lines)
    worst = "danger" if any(one["state_kind"] == "danger" for one in lines) else "warn"
    may_set_up = bool(set(asking.viewer.roles) & set(roles.IT))
    context = await shell(request, session, asking, "health")
    context |= {
        "summary": {"text": f"{to_do} 项要看", "kind": worst}
        if to_do
        else {"text": "一切正常", "kind": "ok"},
        "checked_at": asking.at,
        "checks": sorted(lines, key=lambda one: ("danger", "warn", "ok", "").index(one["state_kind"])),
        "inbox": _inbox(inbox),
        "outbox": _outbox(sending, bool(set(asking.viewer.roles) & set(roles.BUSINESS))),
        "archive": [
            ("收到", f"第 {count(sheet.first_seq)} 至 {count(sheet.last_seq)} 号", "num"),
            ("存入", f"{count(sheet.stored)} 条", "num"),
            ("同一条又来", f"{count(sheet.repeated)} 条", "num"),
            ("隔离", f"{count(sheet.quarantined)} 条", "num"),
            ("来源确认没有", f"{count(sheet.absent)} 个", "num"),
            ("缺号待确认", f"{count(sheet.open_holes)} 个", "num"),
            ("没有下落", f"{count(sheet.unexplained)} 个", "num c-danger" if sheet.unexplained else "num"),
        ]
        if sheet.last_seq
        else [],
        "setup_url": "/c/setup" if may_set_up else None,
        "steps": [
            {"state": one["state"] if one["state"] == "done" else "", "text": one["name"],
             "small": one["note"]}
            for one in steps
        ],
        "seal": await seals.of_record(session, asking, "ledger"),
    }  # fmt: skip
    return page(request, "health", context)


def _inbox(found: InboxFact) -> list[dict[str, Any]]:
    return [
        {
            "text": text,
            "n": found.counts.get(state, 0),
            "bad": state in BAD and found.counts.get(state, 0) > 0,
            "command": f"gengyun inbox list --state {state}",
            "href": None,
        }
        for state, text in INBOX
    ]


def _outbox(counts: Mapping[str, int], may_open_work: bool) -> Sequence[dict[str, Any]]:
    return [
        {
            "text": text,
            "n": counts.get(state, 0),
            "bad": state in BAD and counts.get(state, 0) > 0,
            "command": f"gengyun outbox list --state {state}",
            "href": url("/c/work", kind="send_unknown")
            if state == "unknown" and may_open_work
            else None,
        }
        for state, text in OUTBOX
    ]
