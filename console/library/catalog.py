"""产品库: every product with its rating, net value and listing; one product; putting it on the list."""

from collections.abc import Sequence
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console import roles
from console.errors import ProductUnknown
from console.library import showing
from console.library.item_form import area, day, form_page, keep_item, several, text, tiers_of
from console.library.places import CATALOG, SCRIPTS, places
from console.library.script import WRITERS
from console.library.wording import CHANNELS
from console.lists import PER_PAGE, choice, nothing, paging, url, words
from console.naming import names_for
from console.shell import page, shell
from console.state_words import PRODUCT_KINDS, SCRIPT_STATES
from console.tables import cell, column, row, table
from content_library.facts import Library, State, VersionFact
from content_library.item_files import listing_draft
from content_library.listing import Listing, listed, of_product
from crm_sync.repository import products as products_of
from crm_sync.repository.products import Filter, Nav, ProductFact
from kit.clock import bank_date
from kit.errors import AppError
from kit.web.formats import iso_day, money
from kit.web.guard import Asking, Reading, Writing, allow

router = APIRouter()
RISKS: Final = [("", "全部"), *((str(level), f"R{level}") for level in range(1, 6))]
NAVS: Final = 20
SALES: Final = [("", "全部"), ("1", "在售"), ("0", "停售")]


@router.get(CATALOG, response_class=HTMLResponse)
async def catalog(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    q: str = "",
    kind: str = "",
    risk: str = "",
    sale: str = "",
    after: str = "",
) -> Response:
    """Products that match, by code, each with its newest net value and its place on the list."""
    wanted = Filter(
        q=q.strip(),
        kind=kind if kind in PRODUCT_KINDS else "",
        risk=int(risk) if risk in {"1", "2", "3", "4", "5"} else None,
        on_sale={"1": True, "0": False}.get(sale),
    )
    found = await products_of.page(session, wanted, after=after, limit=PER_PAGE + 1)
    shown, more = found[:PER_PAGE], len(found) > PER_PAGE
    codes = [one.code for one in shown]
    navs = await products_of.latest_navs(session, codes)
    listings = await listed(session, codes, asking.at)
    kept = {"q": q, "kind": kind, "risk": risk, "sale": sale}
    context = await shell(request, session, asking, "library")
    context |= table(
        "内容库",
        CATALOG,
        [
            column("产品"), column("类别"), column("风险等级"), column("管理人"), column("期限"),
            column("起购", right=True), column("业绩比较基准"), column("单位净值", right=True),
            column("在售"), column("在售清单"),
        ],
        [_row(one, navs.get(one.code), listings.get(one.code, ())) for one in shown],
        sub="产品",
        places=places(Library.PRODUCT),
        filters=[
            words("q", "找产品", "代码、名称", q),
            choice("kind", "类别", [("", "全部"), *PRODUCT_KINDS.items()], kind),
            choice("risk", "风险等级", RISKS, risk),
            choice("sale", "在售", SALES, sale),
        ],
        state=None if shown else nothing("产品", kept.values(), CATALOG, "导入产品文件之后会出现在这里。"),
        page=paging(
            shown,
            total=await products_of.count(session, wanted),
            next_url=url(CATALOG, kept, after=shown[-1].code) if more else None,
            first_url=url(CATALOG, kept) if after else None,
        ),
        notes=["产品数据来自每天导入的产品文件和净值文件，这里不能手改；上架与下架由提交人和审核人分别处理。"],
    )  # fmt: skip
    return page(request, "table", context)


def _row(one: ProductFact, nav: Nav | None, listings: Sequence[Listing]) -> dict[str, Any]:
    until = max((each.ends_on for each in listings if each.ends_on), default=None)
    return row(
        [
            cell(one.name, f"{CATALOG}/{quote(one.code, safe='')}", sub=one.code, strong=True),
            cell(PRODUCT_KINDS.get(one.kind, one.kind), sub="非公开" if one.private else ""),
            cell(f"R{one.risk}" if one.risk else "—"),
            cell(one.issuer),
            cell(one.term or "—"),
            cell(money(one.min_amount_fen) if one.min_amount_fen is not None else "—"),
            cell(one.benchmark or "—"),
            cell(nav_text(nav.nav_e4) if nav else "—", sub=iso_day(nav.on) if nav else ""),
            cell("在售" if one.on_sale else "停售", kind="ok" if one.on_sale else ""),
            cell(
                "在清单里" if listings else "不在清单里",
                kind="ok" if listings else "warn",
                sub=f"至 {iso_day(until)}" if until else "",
            ),
        ],
        code=one.code,
    )


def nav_text(value: int) -> str:
    """Ten-thousandths of a 元 as people read a net value."""
    return f"{value // 10_000}.{value % 10_000:04d}"


@router.get(CATALOG + "/{code}", response_class=HTMLResponse)
async def product(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    code: str,
) -> Response:
    """One product: its facts, open days, net values, and who put it on the list."""
    one = await _product(session, code)
    versions = await of_product(session, code)
    live = {each.version_id for each in (await listed(session, [code], asking.at)).get(code, ())}
    names = await names_for(
        session, places=[who for each in versions for who in (each.author, each.decided_by or "")]
    )
    navs = await products_of.navs(session, code, limit=NAVS)
    days = await products_of.open_days(session, code, bank_date(asking.at))
    context = await shell(request, session, asking, "library")
    context |= {
        "name": one.name,
        "code": one.code,
        "badges": [
            {"text": "在售" if one.on_sale and not one.removed else "停售", "kind": "ok" if one.on_sale and not one.removed else "danger"},
            {"text": "在清单里" if live else "不在清单里", "kind": "ok" if live else "warn"},
        ],
        "back_url": CATALOG,
        "list_url": f"{CATALOG}/{quote(code, safe='')}/list"
        if set(asking.viewer.roles) & set(WRITERS)
        else None,
        "suits_url": f"/c/products/{quote(code, safe='')}" if one.on_sale else None,
        "facts": _facts(one),
        "listings": [_listing(each, each.script.version_id in live, names.actor) for each in versions],
        "navs": [
            {"on": each.on, "nav": nav_text(each.nav_e4),
             "total": nav_text(each.total_e4) if each.total_e4 is not None else "—"}
            for each in navs
        ],
        "days": [f"{iso_day(first)} 至 {iso_day(last)}" for first, last in days],
    }  # fmt: skip
    return page(request, "catalog_product", context)


async def _product(session: AsyncSession, code: str) -> ProductFact:
    found = (await products_of.by_code(session, [code])).get(code)
    if found is None:
        raise ProductUnknown("产品库里没有这个产品", saw=code[:40], do="回到产品库，从列表里选")
    return found


def _facts(one: ProductFact) -> list[tuple[str, str, str]]:
    least = money(one.min_amount_fen) if one.min_amount_fen is not None else "—"
    return [
        ("类别", PRODUCT_KINDS.get(one.kind, one.kind) + ("（非公开）" if one.private else ""), ""),
        ("本行风险等级", f"R{one.risk}" if one.risk else "—", ""),
        ("管理人评级", f"R{one.manager_risk}" if one.manager_risk else "—", ""),
        ("管理人", one.issuer or "—", ""),
        ("募集机构", one.raised_by or "—", ""),
        ("期限", one.term or "—", ""),
        ("到期日", iso_day(one.matures_on), ""),
        ("起购或起存", least, "num"),
        ("费用", one.fee or "—", ""),
        ("业绩比较基准", one.benchmark or "—", ""),
        ("基准测算依据", one.benchmark_basis or "—", ""),
        ("面向层级", "、".join(sorted(one.tiers)) or "不限", ""),
        ("来源", f"{one.source} {one.source_date}".strip() or "—", ""),
    ]


def _listing(one: VersionFact, live: bool, actor: Any) -> dict[str, Any]:
    script = one.script
    text, kind = SCRIPT_STATES[State(script.state).value]
    channels = [CHANNELS[name] for name in script.detail.get("channels") or () if name in CHANNELS]
    return {
        "title": f"第 {script.version} 版",
        "href": url(f"{SCRIPTS}/{quote(script.code)}", version=script.version),
        "state_text": "在售清单" if live else text,
        "state_kind": "ok" if live else kind,
        "from": script.valid_from,
        "until": script.valid_until,
        "channels": "、".join(channels) or "全部渠道",
        "units": "、".join(map(str, script.detail.get("units") or ())) or "全行",
        "audience": showing.audience(script),
        "raised_by": actor(one.submitted_by or one.author),
        "approved_by": actor(one.decided_by) if one.decided_by else "—",
    }


@router.get(CATALOG + "/{code}/list", response_class=HTMLResponse)
async def put_forward(
    request: Request,
    asking: Annotated[Asking, allow("console", *WRITERS)],
    session: Reading,
    code: str,
) -> Response:
    """The form that puts a product forward for the list, filled with its newest listing."""
    one = await _product(session, code)
    versions = await of_product(session, code)
    item = versions[0].script if versions else None
    detail = item.detail if item else {}
    return await _form(
        request, session, asking, one,
        {
            "template": item.template if item else "",
            "tiers": ";".join(sorted(item.tiers)) if item else "",
            "licence": (item.licence or "") if item else "",
            "valid_from": (item.valid_from or "") if item else "",
            "valid_until": (item.valid_until or "") if item else "",
            "channels": tuple(detail.get("channels") or ()),
            "units": ";".join(detail.get("units") or ()),
        },
    )  # fmt: skip


@router.post(CATALOG + "/{code}/list", response_class=HTMLResponse)
async def keep_listing(
    request: Request,
    asking: Annotated[Asking, allow("console", *WRITERS)],
    session: Writing,
    code: str,
    act: Annotated[str, Form(pattern="^(submit|draft)$")],
    template: Annotated[str, Form(max_length=4000)] = "",
    tiers: Annotated[tuple[str, ...], Form()] = (),
    licence: Annotated[str, Form(max_length=40)] = "",
    units: Annotated[str, Form(max_length=400)] = "",
    valid_from: Annotated[str, Form(max_length=10)] = "",
    valid_until: Annotated[str, Form(max_length=10)] = "",
    channels: Annotated[tuple[str, ...], Form()] = (),
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Keep a listing, and hand it in where that was asked."""
    one = await _product(session, code)
    said: dict[str, object] = {
        "template": template, "tiers": ";".join(tiers), "licence": licence, "units": units,
        "valid_from": valid_from, "valid_until": valid_until, "channels": channels,
    }  # fmt: skip
    fixed = {
        "code": f"product.{code.lower()}", "title": one.name[:60], "product_code": code,
        "product_kind": one.kind,
    }  # fmt: skip
    kept = await keep_item(
        request, session, asking, lambda: listing_draft({**said, **fixed}), act, reason
    )
    if isinstance(kept, AppError):
        return await _form(request, session, asking, one, said, error=kept)
    return kept


async def _form(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    one: ProductFact,
    said: dict[str, object],
    *,
    error: AppError | None = None,
) -> Response:
    def value(name: str) -> str:
        return str(said.get(name) or "")

    chosen = said.get("channels")
    here = f"{CATALOG}/{quote(one.code, safe='')}"
    return await form_page(
        request, session, asking,
        heading=f"上架 {one.name}",
        back_url=here,
        action=f"{here}/list",
        fields=[
            area(
                "template", "产品卡", value("template"), longest=4000,
                note="等级、期限、费用、基准都写成变量，例如 {{product_risk}}、{{product_fee}}，由产品库填；手写数字会被拒绝。",
            ),
            text("reason", "提交理由（给审核人看）", longest=200),
        ],
        aside=[
            day("valid_from", "从哪天起", value("valid_from")),
            day("valid_until", "到哪天止", value("valid_until")),
            several("channels", "渠道", list(CHANNELS.items()),
                    frozenset(chosen) if isinstance(chosen, tuple) else frozenset(), "不选就是全部渠道"),
            text("units", "机构号", value("units"), longest=400, note="含下级，例如 01;02；不写是全行"),
            tiers_of(request, value("tiers")),
            text("licence", "发送人资质", value("licence"), longest=40),
        ],
        error=error,
    )  # fmt: skip
