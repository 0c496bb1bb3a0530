"""互动留痕: every entry of the record, filtered by the address, with its integrity seal."""

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console import roles, seals
from console.entry_links import INTERACTIONS, entry_url, in_sight, kinds_for
from console.errors import EntryUnknown
from console.lists import PER_PAGE, choice, day, nothing, paging, state, url, words
from console.naming import Names, names_for
from console.record_query import RecordQuery, keyset_of, place_of, wanted_of
from console.shell import page, shell
from console.sight import Sight, sight_of
from console.traces import looked
from console.why_links import why_of
from console.wording import KINDS, act_text, kind_of
from insights import integrity, record
from insights.record import Line
from kit.ledger import reading as ledger
from kit.web.formats import exact_stamp
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = INTERACTIONS


@router.get(PATH, response_class=HTMLResponse)
async def interactions(
    request: Request,
    session: Writing,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    q: str = "",
    kind: str = "",
    unit: str = "",
    about: str = "",
    start: Annotated[str, Query(alias="from")] = "",
    end: Annotated[str, Query(alias="to")] = "",
    before: str = "",
) -> Response:
    """The newest entries in sight that match."""
    asked = RecordQuery(q, kind, unit, about, start, end)
    sight = await sight_of(session, asking.viewer, roles.BUSINESS, unit)
    wanted = await wanted_of(session, asked, sight, kinds_for(asking))
    total = await record.count(session, wanted)
    found = await record.page(session, wanted, limit=PER_PAGE + 1, before=keyset_of(before))
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    seal = await seals.of_record(session, asking, "ledger")
    check = await integrity.last_check(session, "ledger")
    broken = {fault.place for fault in check.faults} if check else set()
    names = await names_for(
        session, places=[place for one in shown for place in (one.actor, one.object)]
    )
    place = await looked(
        session, asking, "record.listed", "record:list", payload={**asked.kept, "shown": len(shown)}
    )
    context = await shell(request, session, asking, "interactions", view_ref=place)
    may_export = bool(set(asking.viewer.roles) & set(roles.CENTRE))
    context |= {
        "export_url": url(f"{PATH}/export.csv", asked.kept) if may_export else None,
        "seal": seal,
        "filters": filters(
            asked, sight_options=await _units(session, asking), kinds=wanted_kinds(asking)
        ),
        "entries": [row(one, names, sight, broken) for one in shown],
        "page": paging(
            shown,
            total=total,
            next_url=url(PATH, asked.kept, before=place_of(shown[-1])) if more else None,
            first_url=url(PATH, asked.kept) if before else None,
        ),
        "state": None
        if shown
        else nothing(
            "留痕", asked.kept.values(), PATH, "客户加好友、发送、打标签之后会出现在这里。"
        ),
    }
    return page(request, "interactions", context)


async def _units(session: AsyncSession, asking: Asking) -> list[tuple[str, str]]:
    return (await sight_of(session, asking.viewer, roles.BUSINESS)).options


def wanted_kinds(asking: Asking) -> list[tuple[str, str]]:
    """The kinds to choose from."""
    return [(kind, KINDS[kind][0]) for kind in kinds_for(asking)]


def filters(
    asked: RecordQuery, *, sight_options: list[tuple[str, str]], kinds: list[tuple[str, str]]
) -> list[dict[str, Any]]:
    """The filters of a record page."""
    return [
        words("q", "对象", "客户号、工号或姓名、话术编号", asked.q),
        choice("kind", "类别", [("", "全部"), *kinds], asked.kind),
        choice("unit", "机构", sight_options, asked.unit),
        day("from", "从", asked.start),
        day("to", "到", asked.end),
    ]


def row(one: Line, names: Names, sight: Sight, broken: set[str]) -> dict[str, Any]:
    """An entry as the table shows it."""
    text, style = kind_of(one.stream)
    return {
        "seq": one.seq,
        "at": one.at,
        "kind_text": text,
        "kind_style": style,
        "act_text": act_text(one.act),
        "reason": one.reason,
        "actor_text": names.actor(one.actor),
        "object_text": names.object(one.object),
        "object_href": href_of(one.object),
        "unit_name": sight.unit_name(one.unit),
        "hash": one.hash,
        "href": entry_url(one.stream, one.seq),
        "broken": one.place in broken,
    }


def href_of(about: str) -> str | None:
    """The page of what an entry is about, where there is one."""
    kind, _, which = about.partition(":")
    if kind == "customer" and which.isdecimal():
        return f"/c/customers/{which}"
    if kind == "group":
        return f"/c/groups/{quote(which)}"
    if kind == "script":
        return f"/c/library/{quote(which.partition('/')[0])}"
    return why_of(about) if kind in ("todo", "send") else None


@router.get(PATH + "/{stream}/{seq}", response_class=HTMLResponse)
async def entry(
    request: Request,
    session: Writing,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    stream: str,
    seq: int,
) -> Response:
    """One entry, recomputed now; its content is opened for auditors, and that leaves an entry."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    found = await ledger.one(session, stream, seq) if in_sight(stream, sight, asking) else None
    proof = await integrity.prove(session, stream, seq) if found else None
    if found is None or proof is None:
        raise EntryUnknown("没有这条留痕，或不在你的查看范围内", do="回到列表重新选择")
    opened = bool(set(asking.viewer.roles) & set(roles.AUDIT))
    place = await looked(
        session,
        asking,
        "record.opened",
        f"record:{stream}#{seq}",
        payload={"content": opened},
    )
    around = await record.around(session, stream, seq)
    names = await names_for(session, places=[found.actor, found.object])
    text, style = kind_of(stream)
    context = await shell(request, session, asking, "interactions", view_ref=place)
    context |= {
        "entry": {
            "seq": seq,
            "stream": stream,
            "act_text": act_text(found.act),
            "kind_text": text,
            "kind_style": style,
        },
        "facts": [
            ("时间（北京）", exact_stamp(found.at), ""),
            ("谁", names.actor(found.actor), ""),
            ("对象", names.object(found.object), ""),
            ("机构", sight.unit_name(found.unit), ""),
            ("原因", found.reason or "—", ""),
            ("请求", found.request_id or "—", "mono"),
            ("摘要", found.hash, "mono"),
            ("上一条摘要", found.prev, "mono"),
        ],
        "content": _content(found.payload) if opened else None,
        "content_state": state(
            "no_permission", "内容只对合规审计开放", "需要时请合规同事查看；打开即留痕。"
        ),
        "neighbours": [
            {
                "seq": one.seq,
                "at": one.at,
                "act_text": act_text(one.act),
                "hash": one.hash,
                "href": entry_url(one.stream, one.seq),
            }
            for one in around
        ],
        "seal": seals.of_entry(proof, stream, seq, asking),
    }
    return page(request, "entry", context)


def _content(payload: Any) -> list[tuple[str, str, str]]:
    if not payload:
        return [("内容", "这一条没有正文", "")]
    return [(str(name), _short(value), "") for name, value in payload.items()]


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 600 else f"{text[:600]}…（共 {len(text)} 字）"
