"""操作日志: who looked at, unmasked, exported or changed what; this look is in it too."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from console import roles
from console.entry_links import entry_url
from console.lists import PER_PAGE, choice, day, nothing, paging, url, words
from console.naming import Names, names_for
from console.record_query import RecordQuery, keyset_of, place_of, wanted_of
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from console.wording import act_text
from insights import record
from insights.record import Line
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH = "/c/log"
KINDS: Final = ("access", "setup")
REVEALS: Final = ("customer.unmasked", "customer.amount_shown")
EXPORTS: Final = (
    "customers.exported", "todos.exported", "record.exported", "log.exported", "evidence.built",
    "daily.exported", "leads.exported", "personal.exported", "import.rejects_exported",
)  # fmt: skip
VIEWS: Final = (
    "customer.viewed", "customers.listed", "contacts.listed", "todos.listed", "plan.viewed",
    "why.viewed", "groups.listed", "group.viewed", "chat.searched", "chat.viewed", "alerts.listed",
    "alert.viewed", "evidence.viewed", "work.viewed", "works.listed", "complaint.viewed", "complaints.listed", "calendar.viewed", "fence.viewed", "record.listed",
    "record.opened", "log.listed", "people.listed",
    "persona.viewed", "content.previewed", "content.sends_listed",
)  # fmt: skip
SORTS: Final = {"view": VIEWS, "reveal": REVEALS, "export": EXPORTS}


@router.get(PATH, response_class=HTMLResponse)
async def own_log(
    request: Request,
    session: Writing,
    asking: Annotated[Asking, allow("console", *roles.AUDIT)],
    q: str = "",
    kind: str = "",
    unit: str = "",
    start: Annotated[str, Query(alias="from")] = "",
    end: Annotated[str, Query(alias="to")] = "",
    before: str = "",
) -> Response:
    """The newest looks and changes in sight that match."""
    asked = RecordQuery(q, kind, unit, "", start, end)
    sight = await sight_of(session, asking.viewer, roles.AUDIT, unit)
    wanted = await log_wanted(session, asked, sight)
    place = await looked(session, asking, "log.listed", "record:log", payload=asked.kept)
    total = await record.count(session, wanted)
    found = await record.page(session, wanted, limit=PER_PAGE + 1, before=keyset_of(before))
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    names = await names_for(
        session, places=[place for one in shown for place in (one.actor, one.object)]
    )
    context = await shell(request, session, asking, "log", view_ref=place)
    options = (await sight_of(session, asking.viewer, roles.AUDIT)).options
    context |= {
        "export_url": url(f"{PATH}/export.csv", asked.kept),
        "filters": [
            words("q", "谁或对象", "姓名、工号、客户号", q),
            choice(
                "kind",
                "做了什么",
                [
                    ("", "全部"),
                    ("view", "查看"),
                    ("reveal", "显示完整资料"),
                    ("export", "导出"),
                    ("change", "改动"),
                ],
                kind,
            ),
            choice("unit", "机构", options, unit),
            day("from", "从", start),
            day("to", "到", end),
        ],
        "state": None
        if shown
        else nothing("日志", asked.kept.values(), PATH, "有人登录之后会出现在这里。"),
        "entries": [row(one, names, sight) for one in shown],
        "page": paging(
            shown,
            total=total,
            next_url=url(PATH, asked.kept, before=place_of(shown[-1])) if more else None,
            first_url=url(PATH, asked.kept) if before else None,
        ),
    }
    return page(request, "log", context)


async def log_wanted(session: Any, asked: RecordQuery, sight: Sight) -> record.Wanted:
    """The conditions of the log; ``kind`` here is what was done, not the kind of entry."""
    kinds = ("setup",) if asked.kind == "change" else KINDS
    plain = RecordQuery(asked.q, "", asked.unit, "", asked.start, asked.end)
    wanted = await wanted_of(session, plain, sight, kinds)
    acts = SORTS.get(asked.kind)
    return (
        wanted
        if acts is None
        else record.Wanted(
            units=wanted.units,
            kinds=wanted.kinds,
            actors=wanted.actors,
            objects=wanted.objects,
            about=wanted.about,
            acts=acts,
            since=wanted.since,
            until=wanted.until,
        )
    )


def row(one: Line, names: Names, sight: Sight) -> dict[str, Any]:
    """An entry as the table shows it."""
    text, style = sort_of(one)
    return {
        "at": one.at,
        "actor_text": names.actor(one.actor),
        "unit_name": sight.unit_name(one.unit),
        "kind_text": text,
        "kind_style": style,
        "act_text": act_text(one.act),
        "object_text": names.object(one.object),
        "reason": one.reason,
        "ref": one.place,
        "href": entry_url(one.stream, one.seq),
    }


def sort_of(one: Line) -> tuple[str, str]:
    """What sort of act it was, and its colour."""
    if one.act in REVEALS:
        return "显示完整资料", "warn"
    if one.act in EXPORTS:
        return "导出", "danger"
    if one.stream.startswith("setup:"):
        return "改动", "warn"
    return ("登录", "") if one.act.startswith("session.") else ("查看", "")
