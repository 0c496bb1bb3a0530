"""Writing a script: checked while it is written, kept as a draft, handed to somebody else."""

from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console.errors import FormRefused
from console.library import showing
from console.library.handing_in import to_desk
from console.library.item_form import several, tiers_of
from console.library.places import SCRIPTS as PATH
from console.library.script import WRITERS
from console.shell import page, shell
from console.state_words import FORMS, PRODUCT_KINDS, PURPOSES
from content_library import repository as scripts_of
from content_library import service
from content_library.facts import ScriptDraft, State, VersionFact
from content_library.fields import FIELDS
from content_library.findings import examine
from content_library.row_values import names_of
from content_library.rules import checked
from content_library.timing import WHEN
from kit.errors import AppError
from kit.web.guard import Asking, Reading, Writing, allow

router = APIRouter()
NONE: Final = ""


def written(
    code: Annotated[str, Form(max_length=64)] = "",
    title: Annotated[str, Form(max_length=120)] = "",
    template: Annotated[str, Form(max_length=4000)] = "",
    scene: Annotated[str, Form(max_length=64)] = "",
    purpose: Annotated[str, Form(max_length=16)] = "care",
    form: Annotated[str, Form(max_length=16)] = "single",
    persona: Annotated[str, Form(max_length=40)] = "",
    product_kind: Annotated[str, Form(max_length=16)] = "",
    product_code: Annotated[str, Form(max_length=64)] = "",
    tiers: Annotated[tuple[str, ...], Form()] = (),
    licence: Annotated[str, Form(max_length=40)] = "",
    timing: Annotated[tuple[str, ...], Form()] = (),
    materials: Annotated[str, Form(max_length=600)] = "",
    valid_from: Annotated[str, Form(max_length=10)] = "",
    valid_until: Annotated[str, Form(max_length=10)] = "",
) -> ScriptDraft:
    """What the form says, as a draft; nothing is judged yet but dates."""
    return ScriptDraft(
        code=code.strip(),
        title=title.strip(),
        scene=scene,
        purpose=purpose,
        template=template.replace("\r\n", "\n"),
        form=form,
        persona=persona or None,
        personas=frozenset({persona}) if persona else frozenset(),
        product_kind=product_kind or None,
        product_code=product_code.strip() or None,
        tiers=names_of({"tiers": ";".join(tiers)}, "tiers"),
        licence=licence.strip() or None,
        timing=names_of({"timing": ";".join(timing)}, "timing"),
        detail={"materials": sorted(attached)}
        if (attached := names_of({"materials": materials}, "materials"))
        else {},
        valid_from=_day(valid_from),
        valid_until=_day(valid_until),
    )


Written = Annotated[ScriptDraft, Depends(written)]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise FormRefused("有效期不是日期", saw=text[:10], do="写成 2026-12-31") from None


@router.get(PATH + "/new", response_class=HTMLResponse)
async def new(
    request: Request, asking: Annotated[Asking, allow("console", *WRITERS)], session: Reading
) -> Response:
    """An empty form."""
    return await _form(request, session, asking, ScriptDraft("", "", "", "care", ""), code=None)


@router.post(PATH + "/new", response_class=HTMLResponse)
async def create(
    request: Request,
    asking: Annotated[Asking, allow("console", *WRITERS)],
    session: Writing,
    words: Written,
    act: Annotated[str, Form(pattern="^(submit|draft)$")],
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Keep a new script, and hand it in where that was asked."""
    return await _keep(request, session, asking, words, None, act, reason)


@router.post(PATH + "/check", response_class=HTMLResponse)
async def check(
    request: Request,
    asking: Annotated[Asking, allow("console", *WRITERS)],
    words: Written,
) -> Response:
    """What the automatic checks say of the words so far; nothing is kept."""
    return page(request, "_checks", {"checks": _checks(request, words)})


@router.get(PATH + "/{script}/new", response_class=HTMLResponse)
async def new_version(
    request: Request,
    asking: Annotated[Asking, allow("console", *WRITERS)],
    session: Reading,
    script: str,
) -> Response:
    """The newest version, to be changed."""
    newest = (await scripts_of.versions(session, script))[0]
    return await _form(request, session, asking, showing.draft_of(newest.script), code=script)


@router.post(PATH + "/{script}/new", response_class=HTMLResponse)
async def create_version(
    request: Request,
    asking: Annotated[Asking, allow("console", *WRITERS)],
    session: Writing,
    script: str,
    words: Written,
    act: Annotated[str, Form(pattern="^(submit|draft)$")],
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Keep the next version; one that is not decided yet is changed, which voids its submission."""
    newest = (await scripts_of.versions(session, script))[0]
    return await _keep(request, session, asking, words, newest, act, reason)


async def _keep(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    words: ScriptDraft,
    newest: VersionFact | None,
    act: str,
    reason: str,
) -> Response:
    by, at = asking.actor, asking.at
    try:
        async with session.begin_nested():
            if newest is None:
                version_id = await service.draft(session, words, by=by, at=at)
            elif newest.script.state in (State.DRAFT, State.SUBMITTED):
                version_id = newest.script.version_id
                await service.edit(session, version_id, words, by=by, at=at)
            else:
                version_id = await service.new_version(session, words, by=by, at=at)
            if act == "submit":
                await service.submit(
                    session, version_id, by=by, reason=reason, at=at,
                    examiner=request.app.state.parts.examiner,
                )  # fmt: skip
                await to_desk(request, session, version_id, at)
    except AppError as error:
        code = newest.script.code if newest else None
        return await _form(request, session, asking, words, code=code, reason=reason, error=error)
    return RedirectResponse(f"{PATH}/{quote(words.code)}", status_code=303)


def _checks(request: Request, words: ScriptDraft) -> list[dict[str, Any]]:
    if not words.template.strip():
        return []
    try:
        checked(words)
        _, findings = examine(words, request.app.state.parts.examiner)
    except AppError as error:
        return [
            {"level": "block", "name": "还不能提交", "text": error.what, "href": None, "link": ""}
        ]
    return showing.checks(findings)


async def _form(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    words: ScriptDraft,
    *,
    code: str | None,
    reason: str = "",
    error: AppError | None = None,
) -> Response:
    context = await shell(request, session, asking, "library")
    context |= {
        "heading": f"话术 {code} 的新版本" if code else "新建话术",
        "back_url": f"{PATH}/{quote(code)}" if code else PATH,
        "action": f"{PATH}/{quote(code)}/new" if code else f"{PATH}/new",
        "error": {"what": error.what, "do": error.do, "code": error.code} if error else None,
        "form": {
            "code": words.code,
            "code_fixed": code is not None,
            "title": words.title,
            "template": words.template,
            "reason": reason,
            "valid_from": words.valid_from,
            "valid_until": words.valid_until,
        },
        "fields": [
            {"name": f"{{{{{field.name}}}}}", "text": field.label}
            for field in FIELDS.values()
            if not field.staff_only
        ],
        "choices": _choices(request, words),
        "extras": _extras(words),
        "boxes": [
            tiers_of(request, ";".join(sorted(words.tiers))),
            several("timing", "时机", list(WHEN.items()), words.timing, "不选就是随时"),
        ],
        "checks": _checks(request, words),
    }
    return page(request, "script_edit", context, status=error.status if error else 200)


def _extras(words: ScriptDraft) -> list[dict[str, str]]:
    """What is written rather than chosen: for which product, by whom, with which materials."""
    attached = words.detail.get("materials") or ()
    return [
        {"name": name, "label": label, "value": value, "hint": hint}
        for name, label, value, hint in (
            (
                "product_code",
                "产品代码",
                words.product_code or "",
                "写了就只讲这一款，要在在售清单里",
            ),
            ("licence", "发送人资质", words.licence or "", "例如 理财"),
            ("materials", "附带素材", ";".join(map(str, attached)), "素材编号，最多 9 个"),
        )
    ]


def _choices(request: Request, words: ScriptDraft) -> list[dict[str, Any]]:
    scenes = sorted(showing.scene_names(request).items(), key=lambda one: one[1])
    personas = [(one.name, one.title) for one in request.app.state.parts.personas.persona]

    def one(name: str, label: str, value: str, options: list[tuple[str, str]]) -> dict[str, Any]:
        known = options if value in dict(options) else [(value, value), *options]
        return {"name": name, "label": label, "value": value, "options": known}

    return [
        one("scene", "场景", words.scene or scenes[0][0], scenes),
        one("purpose", "用途", words.purpose, [(k, text) for k, (text, _) in PURPOSES.items()]),
        one("form", "形式", words.form, list(FORMS.items())),
        one("persona", "客群", words.persona or NONE, [(NONE, "全部客群"), *personas]),
        one(
            "product_kind",
            "产品类别",
            words.product_kind or NONE,
            [(NONE, "不含产品"), *PRODUCT_KINDS.items()],
        ),
    ]
