"""Writing a segment: rows of dimension, operator and value, the sentence and who is in it so far."""

from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData

from config import policy_catalogue
from config.conditions import Condition, ConditionRefused
from console import roles
from console.errors import FormRefused
from console.segments import form as forms
from console.segments.listed import EDITORS, PATH, frame_of, wanted
from console.shell import page, shell
from console.sight import Sight, sight_of
from crm_sync.errors import RuleRefused
from crm_sync.repository import listing
from crm_sync.rules.conditions import Frame, checked, sentence
from crm_sync.segments import repository, service
from insights.known_elsewhere import known_elsewhere
from kit.errors import AppError
from kit.web.formats import masked_name, masked_number
from kit.web.guard import Asking, Reading, Writing, allow

router = APIRouter()
SAMPLES: Final = 5


async def sample(
    session: AsyncSession, condition: Condition, frame: Frame, sight: Sight
) -> dict[str, Any]:
    """How many customers are in it now, and five of them, masked, each with why."""
    asked = wanted(session, condition, frame, sight)
    first = await listing.page(session, asked, limit=SAMPLES)
    ids = [one.customer_id for one in first]
    told = await repository.reasons(session, condition, ids, frame, known_elsewhere())
    return {
        "customers": await listing.count(session, asked),
        "samples": [
            {
                "name": masked_name(one.name),
                "customer_no": masked_number(one.customer_no),
                "unit_name": sight.unit_name(one.unit_id),
                "why": "；".join(told[one.customer_id].why),
            }
            for one in first
        ],
    }


async def _preview(
    request: Request, session: AsyncSession, asking: Asking, rows: list[forms.Row], text: str
) -> dict[str, Any]:
    frame = frame_of(request, asking)
    try:
        condition = checked(forms.condition_of(rows, text), frame.personas)
    except AppError as error:
        return {"sentence": "", "error": error.as_dict(), "customers": None, "samples": []}
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    found = await sample(session, condition, frame, sight)
    return found | {"sentence": sentence(condition, frame.personas.labels), "error": None}


@router.get(PATH + "/new", response_class=HTMLResponse)
async def new(
    request: Request,
    asking: Annotated[Asking, allow("console", *EDITORS)],
    session: Reading,
    pack: str = "",
    template: str = "",
) -> Response:
    """An empty segment, or one begun from a package or a template (its places as ``p.<name>``)."""
    ready = request.app.state.parts.shelf.of(policy_catalogue.SEGMENTS)
    chosen = next((one for one in ready.pack if one.code == pack), None)
    filled = next((one for one in ready.template if one.code == template), None)
    condition, title, code = None, "", ""
    if chosen is not None:
        condition, title, code = chosen.conditions, chosen.title, chosen.code
    elif filled is not None:
        told = {
            name.removeprefix("p."): value[:80]
            for name, value in request.query_params.items()
            if name.startswith("p.")
        }
        try:
            condition, title = filled.filled(told), filled.title
        except ConditionRefused as error:
            raise RuleRefused(error.what, saw=error.saw, do=error.do) from None
    return await _form(request, session, asking, condition, title=title, code=code)


@router.get(PATH + "/{code}/edit", response_class=HTMLResponse)
async def edit(
    request: Request,
    asking: Annotated[Asking, allow("console", *EDITORS)],
    session: Reading,
    code: str,
) -> Response:
    """The version that counts, to be changed into the next."""
    found = await repository.segment(session, code)
    return await _form(
        request, session, asking, found.version.condition, title=found.title, code=code, fixed=True
    )


@router.post(PATH + "/editor", response_class=HTMLResponse)
async def editor(
    request: Request, asking: Annotated[Asking, allow("console", *EDITORS)], session: Reading
) -> Response:
    """The rows after one was changed, added or taken away, with the sentence and the count."""
    async with request.form() as form:
        rows, text = forms.rows_from(form), str(form.get("text", ""))
        drop = str(form.get("drop", ""))
        if drop.isdecimal() and len(rows) > 1:
            rows = [row for number, row in enumerate(rows) if number != int(drop)]
        if form.get("add") == "1" and len(rows) < forms.MOST_ROWS:
            rows.append(forms.empty())
    context = {
        "rows": forms.shown(rows),
        "families": forms.families(),
        "text": text,
        "preview": await _preview(request, session, asking, rows, text),
    }
    return page(request, "_segment_editor", context)


@router.post(PATH + "/new", response_class=HTMLResponse)
async def create(
    request: Request, asking: Annotated[Asking, allow("console", *EDITORS)], session: Writing
) -> Response:
    """Keep a new segment as a draft, or put it in force at once."""
    return await _keep(request, session, asking, None)


@router.post(PATH + "/{code}/edit", response_class=HTMLResponse)
async def change(
    request: Request,
    asking: Annotated[Asking, allow("console", *EDITORS)],
    session: Writing,
    code: str,
) -> Response:
    """Keep the next version."""
    await repository.segment(session, code)
    return await _keep(request, session, asking, code)


async def _keep(
    request: Request, session: AsyncSession, asking: Asking, fixed: str | None
) -> Response:
    async with request.form() as form:
        rows, text = forms.rows_from(form), _text(form, "text", 8_000)
        code = fixed or _text(form, "code", 40)
        title, reason = _text(form, "title", 80), _text(form, "reason", 200)
        in_force = form.get("act") == "in_force"
    try:
        async with session.begin_nested():
            condition = forms.condition_of(rows, text)
            if fixed is None and any(one.code == code for one in await repository.listed(session)):
                raise FormRefused("已有这个编号的客群规则", saw=code, do="换一个编号，或去修改它")
            await service.save(
                session, code, title, condition, policy=request.app.state.parts.personas,
                by=asking.actor, at=asking.at, reason=reason, request_id=asking.request_id,
            )  # fmt: skip
            if in_force and (await repository.segment(session, code)).state == service.DRAFT:
                await service.put_in_force(
                    session, code, by=asking.actor, at=asking.at, reason=reason,
                    request_id=asking.request_id,
                )  # fmt: skip
    except AppError as error:
        return await _form(
            request, session, asking, None, title=title, code=code, fixed=fixed is not None,
            rows=rows, text=text, reason=reason, error=error,
        )  # fmt: skip
    return RedirectResponse(f"{PATH}/{quote(code)}", status_code=303)


def _text(form: FormData, name: str, longest: int) -> str:
    return str(form.get(name, "")).strip()[:longest]


async def _form(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    condition: Condition | None,
    *,
    title: str,
    code: str,
    fixed: bool = False,
    rows: list[forms.Row] | None = None,
    text: str = "",
    reason: str = "",
    error: AppError | None = None,
) -> Response:
    if rows is None:
        rows = [forms.empty()]
        if condition is not None:
            told = forms.rows_of(condition)
            rows, text = (told, "") if told else ([forms.empty()], forms.as_text(condition))
    context = await shell(request, session, asking, "segments")
    context |= {
        "heading": f"修改“{title}”" if fixed else "新建客群规则",
        "back_url": f"{PATH}/{quote(code)}" if fixed else PATH,
        "action": f"{PATH}/{quote(code)}/edit" if fixed else f"{PATH}/new",
        "form": {"code": code, "fixed": fixed, "title": title, "reason": reason},
        "error": error.as_dict() if error else None,
        "rows": forms.shown(rows),
        "families": forms.families(),
        "text": text,
        "preview": await _preview(request, session, asking, rows, text),
    }
    return page(request, "segment_edit", context)
