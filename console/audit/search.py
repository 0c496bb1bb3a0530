"""Search of what was said: the query in the address, results beside the talk they stand in."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from archive.facts import FoundMessage, FoundPage
from archive.search import Query as Words
from archive.search import search
from console import roles
from console.audit import saved
from console.audit.speakers import Speakers, speakers_of
from console.audit.talk import no_talk, parts, rules_of, talk_of
from console.lists import choice, day, state, url, words
from console.record_query import moments_of
from console.shell import is_fragment, page, shell
from console.sight import Sight, sight_of, talks_in
from console.traces import viewing
from crm_sync.repository import profiles, rosters
from kit.clock import bank_date, bank_moment
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/audit"
SHOWN: Final = 20
NOBODY: Final = "nobody-of-this-bank"
LEVELS: Final = {
    "block": ("高", "danger"),
    "review": ("中", "warn"),
    "warn": ("低", ""),
    "dry_run": ("试运行", ""),
}
STATES: Final = {"open": "", "confirmed": "已整改", "dismissed": "无问题"}


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """The filters of the search as they stand in its address."""

    q: str = ""
    unit: str = ""
    staff: str = ""
    customer: str = ""
    room: str = ""
    rule: str = ""
    days: str = ""
    start: str = ""
    end: str = ""

    @property
    def kept(self) -> Mapping[str, str]:
        """The filters for the next address, without the words."""
        names = {"start": "from", "end": "to"}
        return {
            names.get(name, name): value
            for name, value in asdict(self).items()
            if value and name != "q"
        }

    @property
    def everything(self) -> Mapping[str, str]:
        """Words and filters."""
        return {"q": self.q, **self.kept}


def asked(
    q: Annotated[str, Query(max_length=200)] = "",
    unit: str = "",
    staff: str = "",
    customer: str = "",
    room: str = "",
    rule: str = "",
    days: str = "",
    start: Annotated[str, Query(alias="from")] = "",
    end: Annotated[str, Query(alias="to")] = "",
) -> AuditQuery:
    """The filters out of the address."""
    return AuditQuery(q, unit, staff, customer, room, rule, days, start, end)


Asked = Annotated[AuditQuery, Depends(asked)]


@router.get(PATH, response_class=HTMLResponse)
async def audit(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.AUDIT)],
    session: Writing,
    query: Asked,
    at: int | None = None,
    before: int | None = None,
) -> Response:
    """The newest messages in sight that match, and the talk around the one that is chosen."""
    whole = await sight_of(session, asking.viewer, roles.AUDIT)
    sight = await sight_of(session, asking.viewer, roles.AUDIT, query.unit) if query.unit else whole
    scope = await talks_in(session, sight)
    looked_for = await _wanted(session, query, sight, asking)
    found = None
    if not looked_for.empty:
        found = await search(
            session, scope, looked_for, viewing(asking), at=asking.at, limit=SHOWN, before=before
        )
    talk = await talk_of(request, session, asking, scope, at) if at is not None else no_talk()
    context = await shell(request, session, asking, "audit", view_ref=found.view if found else "")
    hits = found.messages if found else ()
    who = await speakers_of(session, hits)
    context |= {
        "q": query.q,
        "query_string": urlencode(dict(query.everything)),
        "kept": [{"name": name, "value": value} for name, value in query.kept.items()],
        "saved": [
            {
                "name": name,
                "n": None,
                "href": f"{PATH}?{kept}",
                "current": dict(parse_qsl(kept))
                == {k: v for k, v in query.everything.items() if v},
            }
            for name, kept in await saved.of_person(session, asking.viewer.staff_id)
        ],
        "chips": await _chips(request, query, whole),
        "filters": _filters(request, query, whole),
        "found": {"text": _found_text(found)},
        "partial": _partial(found),
        "state": _state(query, found, looked_for),
        "hits": [hit(one, who, query, asking, current=one.seq == at) for one in hits],
        "more_url": url(PATH, query.everything, before=found.before)
        if found and found.before
        else None,
        **talk,
    }
    return page(request, "audit", context)


@router.get(PATH + "/{seq}", response_class=HTMLResponse)
async def talk(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.AUDIT)],
    session: Writing,
    seq: int,
) -> Response:
    """The talk around one message, as a part of the page."""
    if not is_fragment(request):
        return RedirectResponse(url(PATH, at=seq), status_code=303)
    sight = await sight_of(session, asking.viewer, roles.AUDIT)
    scope = await talks_in(session, sight)
    context = await talk_of(request, session, asking, scope, seq)
    return page(request, "_talk", {**context, "csrf_token": asking.csrf_token})


@router.post(PATH + "/saved")
async def save(
    asking: Annotated[Asking, allow("console", *roles.AUDIT)],
    session: Writing,
    name: Annotated[str, Form(min_length=1, max_length=30)],
    query: Annotated[str, Form(max_length=600)],
) -> Response:
    """Keep a search under a name; only what the page itself understands is kept."""
    known = {"q", "unit", "staff", "customer", "room", "rule", "days", "from", "to"}
    clean = urlencode([(key, value) for key, value in parse_qsl(query) if key in known])
    await saved.save(session, asking.viewer.staff_id, name=name, query=clean, at=asking.at)
    return RedirectResponse(f"{PATH}?{clean}", status_code=303)


async def _wanted(session: AsyncSession, query: AuditQuery, sight: Sight, asking: Asking) -> Words:
    since, until = moments_of(query.start, query.end)
    if since is None and query.days.isdecimal():
        since = bank_moment(bank_date(asking.at) - timedelta(days=int(query.days)))
    person = None
    if query.staff:
        people = await rosters.page(session, units=sight.units, words=query.staff, limit=1)
        person = (people[0].userid if people else None) or NOBODY
    elif query.customer.isdecimal():
        links = await profiles.links(session, int(query.customer))
        person = links[0].external_userid if links else NOBODY
    return Words(
        words=query.q,
        person=person,
        group=query.room or None,
        since=since,
        until=until,
        rule=query.rule or None,
    )


async def _chips(request: Request, query: AuditQuery, sight: Sight) -> list[dict[str, str]]:
    rules = rules_of(request)
    names = {
        "unit": ("机构", sight.unit_name(query.unit)),
        "staff": ("员工", query.staff),
        "customer": ("客户", "一位客户"),
        "room": ("客户群", "一个群"),
        "rule": ("规则", rules[query.rule].name if query.rule in rules else query.rule),
        "days": ("时间", f"近 {query.days} 天"),
        "from": ("从", query.start),
        "to": ("到", query.end),
    }
    return [
        {
            "name": names[key][0],
            "value": names[key][1],
            "without_href": url(PATH, {k: v for k, v in query.everything.items() if k != key}),
        }
        for key in query.kept
    ]


def _filters(request: Request, query: AuditQuery, sight: Sight) -> list[dict[str, Any]]:
    rules = [(rule.id, f"{rule.id} {rule.name}") for rule in rules_of(request).values()]
    return [
        choice("unit", "机构", sight.options, query.unit),
        choice("rule", "规则", [("", "全部"), *rules], query.rule),
        words("staff", "员工", "工号或姓名", query.staff),
        day("from", "从", query.start),
        day("to", "到", query.end),
    ]


def _found_text(found: FoundPage | None) -> str:
    if found is None:
        return ""
    more = "，还有更早的" if found.before else ""
    return f"本页 {len(found.messages)} 条{more}"


def _partial(found: FoundPage | None) -> dict[str, Any] | None:
    if found is None or found.complete or found.looked_back_to is None:
        return None
    return state(
        "partial",
        f"只往前找到 {bank_date(found.looked_back_to)}。",
        "更早的可以点“再往前找”，或多写几个字、加上员工或时间。",
    )


def _state(query: AuditQuery, found: FoundPage | None, looked_for: Words) -> dict[str, Any] | None:
    if looked_for.empty:
        return state(
            "first_use",
            "检索会话存档",
            "写两个字以上的词，或选员工、规则、时间。每次检索都会留痕。",
        )
    if found is not None and not found.messages:
        what = f"含“{query.q}”的消息" if query.q else "符合条件的消息"
        return state(
            "no_result", f"没有找到{what}", "试试放宽时间，或去掉一个条件。本次检索已留痕。",
            action=("去掉条件", url(PATH, q=query.q)) if query.kept and query.q else None,
        )  # fmt: skip
    return None


def hit(
    one: FoundMessage, who: Speakers, query: AuditQuery, asking: Asking, *, current: bool
) -> dict[str, Any]:
    """A found message as the list shows it."""
    badges = []
    for finding in one.findings[:2]:
        text, kind = LEVELS.get(finding.severity, ("", ""))
        badges.append({"text": f"{text} {finding.rule}", "kind": kind})
    return {
        "seq": one.seq,
        "who": who.talk(one),
        "at": one.sent_at,
        "parts": parts(one) if one.text else [("", "［没有文字］")],
        "badges": badges,
        "state_text": STATES.get(one.findings[0].state, "") if one.findings else "",
        "current": current,
        "href": url(PATH, query.everything, at=one.seq),
        "talk_url": f"{PATH}/{one.seq}",
    }
