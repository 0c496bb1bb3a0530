"""后台标签: every tag of WeCom's console, where rules ask for it, and what it is mapped to.

Read only: what changes is our policy about a tag, proposed here and put in force by another.
"""

from collections import defaultdict
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from config import policy_catalogue, tag_policy
from config.conditions import Condition, asks
from config.persona_policy import PersonaPolicy
from config.tag_policy import TagPolicy
from console import roles
from console.errors import FormRefused
from console.lists import PER_PAGE, choice, nothing, paging, url
from console.personas.listed import PATH as PERSONAS
from console.policies.listed import PATH as POLICIES
from console.segments.listed import PATH as SEGMENTS
from console.shell import page, shell
from crm_sync.repository import tag_lists
from crm_sync.repository.tag_lists import TagFact
from crm_sync.segments import repository as segments
from kit.policies import repository as policies
from kit.policies import service
from kit.policies.reading import values_of
from kit.web.guard import Asking, Reading, Writing, allow

router = APIRouter()
PATH: Final = "/c/tags"
KIND: Final = policy_catalogue.TAGS
UNDECIDED, NOTHING = "undecided", "nothing"
SHOWS: Final = {"": "全部", UNDECIDED: "还没有定", "mapped": "对应客群", NOTHING: "不用"}
Places = dict[str, list[tuple[str, str]]]


@router.get(PATH, response_class=HTMLResponse)
async def tags(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Reading,
    show: str = "",
    after: str = "",
) -> Response:
    """The console's tags, or those in one state."""
    parts = request.app.state.parts
    mapping: TagPolicy = parts.shelf.of(KIND)
    personas: PersonaPolicy = parts.shelf.of(policy_catalogue.PERSONAS)
    every = await tag_lists.of_the_console(session)
    asked = await _asked(session, personas)
    waits = (await policies.waiting(session)).get(KIND.name)
    rows = [_row(one, mapping, personas, asked) for one in every]
    if show in SHOWS and show:
        rows = [one for one in rows if one["state"] == show]
    begin = next((place for place, one in enumerate(rows, 1) if one["id"] == after), 0)
    shown, more = rows[begin : begin + PER_PAGE], len(rows) > begin + PER_PAGE
    kept = {"show": show}
    context = await shell(request, session, asking, "tags")
    context |= {
        "filters": [choice("show", "状态", list(SHOWS.items()), show)],
        "tags": shown,
        "personas": [one.name for one in personas.persona],
        "waits_href": f"{POLICIES}/{KIND.name}?version={waits.number}" if waits else "",
        "policy_href": f"{POLICIES}/{KIND.name}",
        "synced_at": max((one.synced_at for one in every), default=None),
        "state": None
        if shown
        else nothing("后台标签", [show], PATH, "管理后台建了标签，同步之后就在这里。"),
        "page": paging(
            shown,
            total=len(rows),
            next_url=url(PATH, kept, after=shown[-1]["id"]) if more else None,
            first_url=url(PATH, kept) if after else None,
        ),
    }
    return page(request, "tags", context)


async def _asked(session: AsyncSession, personas: PersonaPolicy) -> Places:
    """Which rules name a tag: personas by policy, segments that are not retired."""
    found: Places = defaultdict(list)

    def note(condition: Condition, text: str, href: str) -> None:
        for ask in asks(condition):
            for name in ask.value if ask.dim == "tag" and ask.value else ():
                if (text, href) not in found[name]:
                    found[name].append((text, href))

    for persona in personas.persona:
        for ground in (*persona.when, *persona.unless):
            note(ground.rule, f"客群 {persona.name}", f"{PERSONAS}/{quote(persona.name, safe='')}")
    for one in await segments.listed(session, ("draft", "in_force")):
        note(one.version.condition, f"圈选 {one.title}", f"{SEGMENTS}/{one.code}")
    return found


def _row(
    one: TagFact, mapping: TagPolicy, personas: PersonaPolicy, asked: Places
) -> dict[str, Any]:
    decided = mapping.of(one.name)
    family = personas.forbidden_family(f"{one.group_name} {one.name}")
    state = UNDECIDED if decided is None else "mapped" if decided.persona else NOTHING
    return {
        "id": one.tag_id,
        "name": one.name,
        "group": one.group_name,
        "state": state,
        "state_text": decided.persona if decided and decided.persona else SHOWS[state],
        "state_kind": {"mapped": "ok", UNDECIDED: "warn"}.get(state, ""),
        "persona": decided.persona if decided else "",
        "asked": asked.get(one.name, []),
        "forbidden": f"属于禁止打标的“{family}”，不作任何依据" if family else "",
    }


@router.post(PATH)
async def propose(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.CENTRE)],
    session: Writing,
    name: Annotated[str, Form(max_length=60)],
    means: Annotated[str, Form(max_length=40)],
    reason: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    """Propose what a tag means; somebody else puts it in force.

    ``means`` is a persona, ``nothing`` or ``undecided``. Raises FormRefused, and what
    ``kit.policies.service.propose`` raises.
    """
    personas: PersonaPolicy = request.app.state.parts.shelf.of(policy_catalogue.PERSONAS)
    known = {one.name: one for one in await tag_lists.of_the_console(session)}
    if name not in known:
        raise FormRefused("没有这个后台标签", saw=name[:30], do="同步之后再看，或从列表里选")
    persona = {NOTHING: "", UNDECIDED: None}.get(means, means)
    if persona and personas.named(persona) is None:
        raise FormRefused("没有这个客群", saw=means[:20], do="从列表里选一个客群")
    family = personas.forbidden_family(f"{known[name].group_name} {name}")
    if persona and family is not None:
        raise FormRefused("这个标签不能作依据", saw=f"{name}：{family}", do="只能定为“不用”")
    _, text = await service.text_in_force(session, KIND.name)
    changed = KIND.read(values_of(KIND, text)).with_tag(name, persona)
    number = await service.propose(
        session,
        KIND.name,
        tag_policy.as_toml(changed, tag_policy.head_of(text)),
        reason=reason,
        by=asking.actor,
        at=asking.at,
    )
    return RedirectResponse(f"{POLICIES}/{KIND.name}?version={number}", status_code=303)
