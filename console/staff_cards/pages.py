"""经理名片: cards, certificates that wait for a second person, and those that end."""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console import roles
from console.lists import nothing, tab, url
from console.naming import Names, names_for
from console.shell import page, shell
from console.sight import sight_of
from console.tables import cell, column, page_form, row, row_form, table
from console.traces import looked
from content_library.materials import in_use
from crm_sync.errors import NotCovered
from crm_sync.readings import links
from crm_sync.repository.staff import staff_by_id
from crm_sync.staff_cards import service
from crm_sync.staff_cards.errors import CardRefused
from crm_sync.staff_cards.rules import CardFact, CertificateFact
from kit.clock import bank_date
from kit.web.guard import Asking, Writing, allow

router = APIRouter()
PATH: Final = "/c/cards"
STATES: Final = {
    "waiting": ("等待核实", "warn"),
    "refused": ("不认可", "danger"),
    "expired": ("已过期", "danger"),
    "holds": ("有效", "ok"),
}


@router.get(PATH, response_class=HTMLResponse)
async def listed(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Writing,
    view: Annotated[str, Query(pattern="^(|certificates)$")] = "",
    staff: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Cards in sight and whether they are shown; ``view=certificates``: the certificates."""
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    today = bank_date(asking.at)
    found = [
        one
        for one in await service.cards(session, today)
        if sight.units is None or one.unit_id in sight.units
    ]
    held = await service.certificates(session, [one.staff_id for one in found])
    every = [one for certificates in held.values() for one in certificates]
    place = await looked(session, asking, "cards.listed", "list:cards", payload={"view": view})
    names = await names_for(session, staff=[one.staff_id for one in found])
    context = await shell(request, session, asking, "cards", view_ref=place)
    tabs = [
        tab("名片", PATH, len(found), not view),
        tab("证书", url(PATH, view="certificates"), len(every), bool(view)),
    ]
    if view:
        chosen = [one for one in every if not staff or one.staff_id == staff]
        context |= _certificates(chosen, names, today, tabs, asking)
    else:
        context |= await _cards(request, found, held, today, tabs, asking, sight.unit_name)
    return page(request, "table", context)


async def _cards(
    request: Request,
    found: list[CardFact],
    held: dict[str, list[CertificateFact]],
    today: date,
    tabs: list[dict[str, Any]],
    asking: Asking,
    unit_name: Any,
) -> dict[str, Any]:
    cipher = request.app.state.parts.keys.cipher
    rows = [
        row(
            [
                cell(
                    one.name,
                    f"/o/card/{links.card_token(cipher, one.staff_id, asking.at)}"
                    if one.shown
                    else None,
                    strong=True,
                    sub=one.staff_id,
                ),
                cell(unit_name(one.unit_id)),
                cell(one.title, sub="、".join(one.specialties)),
                cell(
                    f"{len(one.certificates)} / {len(held.get(one.staff_id, ()))}",
                    url(PATH, view="certificates", staff=one.staff_id),
                ),
                cell("展示中" if one.shown else "不展示", kind="ok" if one.shown else "danger",
                     sub="" if one.shown else _why_not(one)),
            ],
            staff_id=one.staff_id,
            shown=one.shown,
        )
        for one in found
    ]  # fmt: skip
    return table(
        "经理名片",
        PATH,
        [column("客户经理"), column("机构"), column("职务与擅长"),
         column("有效证书 / 全部", right=True), column("客户能看到吗")],
        rows,
        sub="有经第二人核实、没有过期的证书才展示",
        tabs=tabs,
        forms=[
            page_form(PATH + "/write", "保存名片", inputs=(
                ("staff_id", "工号", "003127", 64), ("title", "职务", "贵宾理财经理", 40),
                ("specialties", "擅长", "养老规划、保险配置", 70), ("intro", "介绍", "从业年限、特长", 200),
                ("portrait", "照片", "素材库里批准过的图片编号，可不填", 64),
            ), optional=("portrait",)),
            page_form(PATH + "/certificate", "登记证书", inputs=(
                ("staff_id", "工号", "003127", 64), ("kind", "证书", "基金从业资格", 40),
                ("number", "编号", "F3000000001", 40), ("issuer", "发证机构", "中国证券投资基金业协会", 80),
                ("valid_until", "有效至", "2027-06-30", 10),
            ), optional=("issuer",), note="登记后由另一位同事核实"),
        ]
        if set(asking.viewer.roles) & set(roles.EXECUTION)
        else [],
        state=None if rows else nothing("名片", [], PATH, "写一张名片，登记证书，请同事核实。"),
        notes=[
            "名片不留手机号；证书到期的第二天起自动停止展示，需要该资格的话术也不再能发。",
            "证书可成批导入：gengyun import certificates 文件。",
        ],
    )  # fmt: skip


def _why_not(one: CardFact) -> str:
    return "没有有效证书" if one.active else "已离岗"


def _certificates(
    every: list[CertificateFact],
    names: Names,
    today: date,
    tabs: list[dict[str, Any]],
    asking: Asking,
) -> dict[str, Any]:
    may = bool(set(asking.viewer.roles) & set(roles.EXECUTION + roles.AUDIT))
    rows = [
        row(
            [
                cell(names.person(one.staff_id), strong=True),
                cell(one.kind, sub=" · ".join(filter(None, (one.number, one.issuer)))),
                cell(one.valid_until.isoformat()),
                cell(STATES[state][0], kind=STATES[state][1]),
            ],
            form=row_form(
                f"{PATH}/certificate/{one.id}", "怎样核实的", [("yes", "一致"), ("no", "不一致")]
            )
            if may and state == "waiting" and asking.actor != one.entered_by
            else None,
            staff_id=one.staff_id,
            certificate_id=one.id,
            state=state,
        )
        for one in every
        for state in (one.state(today),)
    ]
    columns = [column("客户经理"), column("证书"), column("有效至"), column("状态")]
    return table(
        "经理名片",
        PATH,
        [*columns, column("核实")] if may else columns,
        rows,
        tabs=tabs,
        state=None if rows else nothing("证书", [], PATH, "还没有登记证书。"),
        notes=["本人和登记人不能核实；核实时对照原件或协会网站。"],
    )


@router.post(PATH + "/write")
async def write(
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    staff_id: Annotated[str, Form(max_length=64)],
    title: Annotated[str, Form(max_length=80)],
    specialties: Annotated[str, Form(max_length=100)],
    intro: Annotated[str, Form(max_length=400)],
    portrait: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Write or rewrite the card of somebody in sight; the portrait is an approved picture."""
    await _in_sight(session, asking, staff_id)
    picture = portrait.strip()
    if picture:
        await _approved_picture(session, picture, asking)
    skills = specialties.replace("，", "、").replace(",", "、").split("、")
    await service.write(
        session, staff_id, title=title, specialties=skills, intro=intro, portrait=picture,
        by=asking.actor, at=asking.at,
    )  # fmt: skip
    return RedirectResponse(PATH, status_code=303)


@router.post(PATH + "/certificate")
async def enter(
    asking: Annotated[Asking, allow("console", *roles.EXECUTION)],
    session: Writing,
    staff_id: Annotated[str, Form(max_length=64)],
    kind: Annotated[str, Form(max_length=80)],
    number: Annotated[str, Form(max_length=80)],
    valid_until: Annotated[str, Form(max_length=20)],
    issuer: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Enter a certificate of somebody in sight; a second person verifies it."""
    await _in_sight(session, asking, staff_id)
    try:
        until = date.fromisoformat(valid_until.strip())
    except ValueError:
        raise CardRefused(
            "有效期应写成 2027-06-30 这样", saw=valid_until[:20], do="照证书填写"
        ) from None
    await service.enter(
        session, staff_id, kind=kind, number=number, valid_until=until, issuer=issuer,
        by=asking.actor, at=asking.at,
    )  # fmt: skip
    return RedirectResponse(url(PATH, view="certificates"), status_code=303)


@router.post(PATH + "/certificate/{certificate_id}")
async def decide(
    asking: Annotated[Asking, allow("console", *roles.EXECUTION, *roles.AUDIT)],
    session: Writing,
    certificate_id: int,
    do: Annotated[str, Form(pattern="^(yes|no)$")],
    note: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Verify or refuse; never one's own, never what one entered oneself."""
    whose = await service.owner_of(session, certificate_id)
    await _in_sight(session, asking, whose, (*roles.EXECUTION, *roles.AUDIT))
    await service.decide(
        session, certificate_id, verified=do == "yes", opinion=note, by=asking.actor, at=asking.at
    )
    return RedirectResponse(url(PATH, view="certificates"), status_code=303)


async def _approved_picture(session: AsyncSession, code: str, asking: Asking) -> None:
    """CardRefused unless the code is a picture of the library that two people let pass."""
    found = (await in_use(session, [code], asking.at)).get(code)
    if found is None or found.kind not in ("image", "poster") or not found.digest:
        raise CardRefused(
            "没有这张批准过的图片", saw=code[:40], do="先在素材库上传照片并请同事批准，再填它的编号"
        )


async def _in_sight(
    session: AsyncSession,
    asking: Asking,
    staff_id: str,
    allowed: tuple[str, ...] = roles.EXECUTION,
) -> None:
    sight = await sight_of(session, asking.viewer, allowed)
    found = (await staff_by_id(session, [staff_id])).get(staff_id)
    if sight.units is not None and (found is None or found.unit_id not in sight.units):
        raise NotCovered(asking.viewer.staff_id)
