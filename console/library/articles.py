"""资讯: the list of articles and the form in which one is written."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console import roles
from console.library.item_form import area, day, form_page, keep_item, pick, several, text, tiers_of
from console.library.item_lists import audience_cell, item_list, soon_cell, title_cell
from console.library.narrowing import Narrowed
from console.library.places import ARTICLES
from console.library.script import WRITERS
from console.library.wording import SPREAD
from console.shell import page, shell
from console.state_words import PRODUCT_KINDS, PURPOSES
from console.tables import cell
from content_library import repository as items_of
from content_library.articles import article_of
from content_library.facts import Library, VersionFact
from content_library.item_files import article
from content_library.item_rules import TOPICS, forms_of
from content_library.rules import checked
from content_library.timing import WHEN
from kit.clock import bank_date
from kit.errors import AppError
from kit.web.guard import Asking, Reading, Writing, allow

router = APIRouter()


@router.get(ARTICLES, response_class=HTMLResponse)
async def articles(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    asked: Narrowed,
    topic: str = "",
    after: str = "",
) -> Response:
    """Articles in one state that match, by code."""
    listed, _ = await item_list(
        request, session, asking, library=Library.ARTICLE, title="资讯", path=ARTICLES,
        asked=asked, after=after, writers=WRITERS,
        own_filter=("topic", "栏目", list(TOPICS.items()), topic),
        fits=lambda one: not topic or one.script.detail.get("topic") == topic,
        columns=(
            ("标题", title_cell), ("栏目", _topic), ("发布", _publisher),
            ("可用形式", _forms), ("客群与层级", audience_cell), ("有效至", soon_cell(bank_date(asking.at))),
        ),
    )  # fmt: skip
    return page(request, "table", {**await shell(request, session, asking, "library"), **listed})


def _topic(one: VersionFact) -> dict[str, Any]:
    topic = str(one.script.detail.get("topic", ""))
    return cell(TOPICS.get(topic, topic))


def _publisher(one: VersionFact) -> dict[str, Any]:
    detail = one.script.detail
    return cell(str(detail.get("publisher", "")), sub=f"来源 {detail.get('source', '')}")


def _forms(one: VersionFact) -> dict[str, Any]:
    forms = forms_of(one.script.detail)
    return cell("、".join(shown for name, shown in SPREAD.items() if name in forms))


@router.get(ARTICLES + "/new", response_class=HTMLResponse)
async def new(
    request: Request,
    asking: Annotated[Asking, allow("console", *WRITERS)],
    session: Reading,
    code: str = "",
) -> Response:
    """An empty form, or the newest version of ``code`` to be changed."""
    return await _form(request, session, asking, await _newest(session, code), fixed=bool(code))


@router.post(ARTICLES + "/new", response_class=HTMLResponse)
async def create(
    request: Request,
    asking: Annotated[Asking, allow("console", *WRITERS)],
    session: Writing,
    act: Annotated[str, Form(pattern="^(submit|draft)$")],
    code: Annotated[str, Form(max_length=64)] = "",
    title: Annotated[str, Form(max_length=120)] = "",
    summary: Annotated[str, Form(max_length=400)] = "",
    body: Annotated[str, Form(max_length=60_000)] = "",
    topic: Annotated[str, Form(max_length=16)] = "",
    purpose: Annotated[str, Form(max_length=16)] = "care",
    publisher: Annotated[str, Form(max_length=120)] = "",
    source: Annotated[str, Form(max_length=200)] = "",
    source_url: Annotated[str, Form(max_length=500)] = "",
    published_on: Annotated[str, Form(max_length=10)] = "",
    cover: Annotated[str, Form(max_length=64)] = "",
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
) -> Response:
    """Keep an article, and hand it in where that was asked."""
    row: dict[str, object] = {
        "code": code, "title": title, "summary": summary, "body": body, "topic": topic,
        "purpose": purpose, "publisher": publisher, "source": source, "source_url": source_url,
        "published_on": published_on, "cover": cover, "persona": persona, "personas": persona,
        "tiers": ";".join(tiers), "product_kind": product_kind, "product_code": product_code,
        "licence": licence, "valid_from": valid_from, "valid_until": valid_until,
        "forms": forms, "timing": timing,
    }  # fmt: skip
    kept = await keep_item(request, session, asking, lambda: checked(article(row)), act, reason)
    if isinstance(kept, AppError):
        return await _form(request, session, asking, row, error=kept)
    return kept


async def _newest(session: AsyncSession, code: str) -> dict[str, object]:
    if not code:
        return {}
    item = (await items_of.versions(session, code))[0].script
    known = article_of(item)
    return {
        "code": code, "title": known.title, "summary": known.summary, "body": item.template,
        "topic": known.topic, "purpose": known.purpose, "publisher": known.publisher,
        "source": known.source, "source_url": known.source_url,
        "published_on": known.published_on or "", "cover": known.cover,
        "product_kind": item.product_kind or "", "product_code": item.product_code or "",
        "persona": item.persona or "", "tiers": ";".join(sorted(item.tiers)),
        "licence": item.licence or "", "valid_from": item.valid_from or "",
        "valid_until": item.valid_until or "", "forms": known.forms, "timing": known.timing,
    }  # fmt: skip


async def _form(
    request: Request,
    session: AsyncSession,
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
        heading=f"资讯 {said('code')} 的新版本" if fixed else "新建资讯",
        back_url=ARTICLES,
        action=f"{ARTICLES}/new",
        fields=[
            text("code", "编号", said("code"), longest=64, fixed=fixed),
            text("title", "标题", said("title"), longest=60),
            text("summary", "摘要（卡片上显示）", said("summary")),
            area(
                "body", "正文", said("body"), longest=60_000,
                note="一行一段；# 小标题，- 列表，> 引用，![图上是什么](素材编号)。粘贴的网页只留文字。",
            ),
            text("publisher", "发布人", said("publisher"), longest=60),
            text("source", "来源", said("source"), note="自己写的写本行名称；转载的要有授权"),
            text("source_url", "来源网址", said("source_url"), longest=400),
            text("reason", "提交理由（给审核人看）", longest=200),
        ],
        aside=[
            pick("topic", "栏目", list(TOPICS.items()), said("topic")),
            pick("purpose", "用途", [(k, t) for k, (t, _) in PURPOSES.items()], said("purpose") or "care"),
            several("forms", "可用形式", list(SPREAD.items()), chosen("forms"), "不选就是三种都可以"),
            several("timing", "时机", list(WHEN.items()), chosen("timing"), "不选就是随时"),
            pick("persona", "客群", [("", "全部客群"), *personas], said("persona")),
            tiers_of(request, said("tiers")),
            pick("product_kind", "产品类别", [("", "不含产品"), *PRODUCT_KINDS.items()], said("product_kind")),
            text("product_code", "产品代码", said("product_code"), longest=64, note="写了就只讲这一款，要在在售清单里"),
            text("licence", "发送人资质", said("licence"), longest=40, note="例如 理财；不写不限"),
            text("cover", "封面（素材编号）", said("cover"), longest=64),
            day("published_on", "发布日期", said("published_on")),
            day("valid_from", "生效", said("valid_from")),
            day("valid_until", "失效", said("valid_until")),
        ],
        error=error,
    )  # fmt: skip
