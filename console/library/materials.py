"""素材: the list of materials, the form that brings a file, the file itself, its life in WeCom."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from config import policy_catalogue
from console import roles
from console.library.item_form import (
    area,
    day,
    file,
    form_page,
    hidden,
    keep_item,
    pick,
    several,
    text,
    tiers_of,
)
from console.library.item_lists import audience_cell, item_list, soon_cell, title_cell
from console.library.narrowing import Narrowed
from console.library.places import MATERIALS, SCRIPTS
from console.library.script import WRITERS
from console.library.wording import SPREAD
from console.shell import page, shell
from console.state_words import PRODUCT_KINDS, PURPOSES
from console.tables import cell
from content_library import repository as items_of
from content_library import uploads
from content_library.errors import FileRefused
from content_library.facts import Library, VersionFact
from content_library.item_files import material
from content_library.item_rules import forms_of
from content_library.material_files import content_of, keep
from content_library.material_rules import KINDS, words_known
from content_library.rules import checked
from content_library.timing import WHEN
from kit.clock import bank_date
from kit.errors import AppError
from kit.web.guard import Asking, Reading, Writing, allow
from wecom.media import MAX_BYTES

router = APIRouter()
LARGEST = max(MAX_BYTES.values())


@router.get(MATERIALS, response_class=HTMLResponse)
async def materials(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    asked: Narrowed,
    kind: str = "",
    after: str = "",
) -> Response:
    """Materials in one state that match, by code."""
    listed, _ = await item_list(
        request, session, asking, library=Library.MEDIA, title="素材", path=MATERIALS,
        asked=asked, after=after, writers=WRITERS,
        own_filter=("kind", "种类", list(KINDS.items()), kind),
        fits=lambda one: not kind or one.script.detail.get("kind") == kind,
        columns=(
            ("标题", title_cell), ("种类", _kind), ("上面的文字", _words), ("可用形式", _forms),
            ("客群与层级", audience_cell), ("有效至", soon_cell(bank_date(asking.at))),
        ),
    )  # fmt: skip
    return page(request, "table", {**await shell(request, session, asking, "library"), **listed})


def _kind(one: VersionFact) -> dict[str, Any]:
    return cell(KINDS.get(str(one.script.detail.get("kind")), ""))


def _words(one: VersionFact) -> dict[str, Any]:
    words, detail = one.script.template, one.script.detail
    if not words_known(words, detail):
        return cell("没有写出，不能群发", bad=True)
    return cell(words[:40] + ("…" if len(words) > 40 else "") or "没有文字")


def _forms(one: VersionFact) -> dict[str, Any]:
    forms = forms_of(one.script.detail)
    return cell("、".join(shown for name, shown in SPREAD.items() if name in forms))


@router.get(MATERIALS + "/files/{digest}")
async def content(
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    digest: str,
) -> Response:
    """The file of a material, under the type that its bytes have. Raises FileUnknown."""
    found, body = await content_of(session, digest)
    shown = "inline" if found.kind == "image" else "attachment"
    return Response(
        body,
        media_type=found.content_type,
        headers={
            "content-disposition": f'{shown}; filename="{digest[:16]}.{found.suffix}"',
            "x-content-type-options": "nosniff",
            "cache-control": "private, max-age=3600",
        },
    )


@router.get(MATERIALS + "/new", response_class=HTMLResponse)
async def new(
    request: Request,
    asking: Annotated[Asking, allow("console", *WRITERS)],
    session: Reading,
    code: str = "",
) -> Response:
    """An empty form, or the newest version of ``code`` to be changed."""
    row: dict[str, object] = {}
    if code:
        item = (await items_of.versions(session, code))[0].script
        row = {
            **item.detail, "code": code, "title": item.title, "words": item.template,
            "purpose": item.purpose, "persona": item.persona or "",
            "product_kind": item.product_kind or "", "product_code": item.product_code or "",
            "licence": item.licence or "", "valid_from": item.valid_from or "",
            "tiers": ";".join(sorted(item.tiers)), "valid_until": item.valid_until or "",
            "timing": item.timing, "forms": tuple(item.detail.get("forms") or ()),
        }  # fmt: skip
    return await _form(request, session, asking, row, fixed=bool(code))


@router.post(MATERIALS + "/new", response_class=HTMLResponse)
async def create(
    request: Request,
    asking: Annotated[Asking, allow("console", *WRITERS)],
    session: Writing,
    act: Annotated[str, Form(pattern="^(submit|draft)$")],
    code: Annotated[str, Form(max_length=64)] = "",
    title: Annotated[str, Form(max_length=120)] = "",
    kind: Annotated[str, Form(max_length=16)] = "image",
    words: Annotated[str, Form(max_length=4000)] = "",
    wordless: Annotated[str, Form(max_length=4)] = "",
    purpose: Annotated[str, Form(max_length=16)] = "care",
    url: Annotated[str, Form(max_length=400)] = "",
    appid: Annotated[str, Form(max_length=40)] = "",
    page_path: Annotated[str, Form(max_length=400, alias="page")] = "",
    persona: Annotated[str, Form(max_length=40)] = "",
    tiers: Annotated[tuple[str, ...], Form()] = (),
    product_kind: Annotated[str, Form(max_length=16)] = "",
    product_code: Annotated[str, Form(max_length=64)] = "",
    licence: Annotated[str, Form(max_length=40)] = "",
    valid_from: Annotated[str, Form(max_length=10)] = "",
    valid_until: Annotated[str, Form(max_length=10)] = "",
    forms: Annotated[tuple[str, ...], Form()] = (),
    timing: Annotated[tuple[str, ...], Form()] = (),
    reason: Annotated[str, Form(max_length=200)] = "",
    digest: Annotated[str, Form(max_length=64)] = "",
    brought: Annotated[UploadFile | None, File(alias="file")] = None,
) -> Response:
    """Keep a material with its file, and hand it in where that was asked."""
    row: dict[str, object] = {
        "code": code, "title": title, "kind": kind, "words": words,
        "wordless": wordless == "yes", "purpose": purpose, "url": url, "appid": appid,
        "page": page_path, "persona": persona, "personas": persona,
        "tiers": ";".join(tiers), "product_kind": product_kind, "product_code": product_code,
        "licence": licence, "valid_from": valid_from,
        "valid_until": valid_until, "forms": forms, "timing": timing, "file": digest,
    }  # fmt: skip
    try:
        body = await brought.read(LARGEST + 1) if brought is not None else b""
        if body:
            row["file"] = (await keep(session, body, by=asking.actor, at=asking.at)).digest
    except FileRefused as error:
        return await _form(request, session, asking, row, error=error)
    kept = await keep_item(request, session, asking, lambda: checked(material(row)), act, reason)
    if isinstance(kept, AppError):
        return await _form(request, session, asking, row, error=kept)
    return kept


@router.post(MATERIALS + "/{code}/upload")
async def upload(
    request: Request, asking: Annotated[Asking, allow("console", *WRITERS)], code: str
) -> Response:
    """Upload a material to WeCom now, where it is due; what fails is told by the item's page."""
    parts = request.app.state.parts
    policy = parts.shelf.of(policy_catalogue.LIBRARY)
    await uploads.renew(parts.databases.bank, parts.wecom, asking.at, policy, codes=[code])
    return RedirectResponse(f"{SCRIPTS}/{quote(code)}", status_code=303)


async def _form(
    request: Request,
    session: Reading,
    asking: Asking,
    row: Mapping[str, object],
    *,
    fixed: bool = False,
    error: AppError | None = None,
) -> Response:
    def said(name: str) -> str:
        return str(row.get(name) or "")

    def chosen(name: str) -> frozenset[str]:
        given = row.get(name) or ()
        return frozenset(map(str, given)) if isinstance(given, tuple | frozenset) else frozenset()

    personas = [(one.name, one.title) for one in request.app.state.parts.personas.persona]
    return await form_page(
        request, session, asking,
        heading=f"素材 {said('code')} 的新版本" if fixed else "新建素材",
        back_url=MATERIALS,
        action=f"{MATERIALS}/new",
        fields=[
            text("code", "编号", said("code"), longest=64, fixed=fixed),
            text("title", "标题", said("title"), longest=60),
            file(
                "file", "换一个文件" if said("file") else "文件",
                ("不选就沿用现在的文件。" if said("file") else "")
                + "图片 JPG、PNG，视频 MP4，文档 PDF、docx、xlsx、pptx；按内容识别。卡片传封面图。",
            ),
            hidden("digest", said("file")),
            area(
                "words", "上面的文字", said("words"), longest=4000,
                rows=6, note="把图片、视频、文件上的字逐字写下来：系统不识图，没写出来的只能用于单聊",
            ),
            pick("wordless", "声明", [("", "上面有文字"), ("yes", "上面没有文字")],
                 "yes" if row.get("wordless") else ""),
            text("url", "网址（图文卡片）", said("url"), longest=400, note="只能是本行的，见策略“触达”的 links"),
            text("appid", "小程序 AppID", said("appid"), longest=40),
            text("page", "小程序页面", said("page"), longest=320, note="以 .html 结尾"),
            text("reason", "提交理由（给审核人看）", longest=200),
        ],
        aside=[
            pick("kind", "种类", list(KINDS.items()), said("kind")),
            pick("purpose", "用途", [(k, t) for k, (t, _) in PURPOSES.items()], said("purpose") or "care"),
            several("forms", "可用形式", list(SPREAD.items()), chosen("forms"), "不选就是三种都可以"),
            several("timing", "时机", list(WHEN.items()), chosen("timing"), "不选就是随时"),
            pick("persona", "客群", [("", "全部客群"), *personas], said("persona")),
            tiers_of(request, said("tiers")),
            pick("product_kind", "产品类别", [("", "不含产品"), *PRODUCT_KINDS.items()], said("product_kind")),
            text("product_code", "产品代码", said("product_code"), longest=64, note="写了就只讲这一款，要在在售清单里"),
            text("licence", "发送人资质", said("licence"), longest=40, note="例如 理财；不写不限"),
            day("valid_from", "生效", said("valid_from")),
            day("valid_until", "失效", said("valid_until")),
        ],
        error=error,
    )  # fmt: skip
