"""话术: the newest version of each script in a state, filtered, with how often it was sent."""

from datetime import timedelta
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from console import roles
from console.library import showing
from console.library.item_lists import audience_cell, item_list, soon_cell, title_cell
from console.library.narrowing import Narrowed
from console.library.places import SCRIPTS
from console.library.script import WRITERS
from console.shell import page, shell
from console.sight import sight_of
from console.state_words import PRODUCT_KINDS
from console.tables import cell, column
from content_library.facts import Library, VersionFact
from delivery.repository import ticket_lists
from kit.clock import bank_date
from kit.web.formats import count
from kit.web.guard import Asking, Reading, allow

router = APIRouter()
PATH: Final = SCRIPTS


@router.get(PATH, response_class=HTMLResponse)
async def library(
    request: Request,
    asking: Annotated[Asking, allow("console", *roles.BUSINESS)],
    session: Reading,
    asked: Narrowed,
    after: str = "",
) -> Response:
    """Scripts in one state that match, by code."""
    names = showing.scene_names(request)

    def scene(one: VersionFact) -> dict[str, Any]:
        return cell(showing.scene_text(one.script.scene, names))

    listed, shown = await item_list(
        request, session, asking, library=Library.SCRIPT, title="话术", path=PATH, asked=asked,
        after=after,
        columns=(
            ("标题", title_cell), ("场景", scene), ("用途", _purpose), ("形式", _form),
            ("客群与层级", audience_cell), ("产品与资质", _product),
            ("有效至", soon_cell(bank_date(asking.at))),
        ),
        writers=WRITERS,
    )  # fmt: skip
    codes = [one.script.code for one in shown]
    sight = await sight_of(session, asking.viewer, roles.BUSINESS)
    sent = await ticket_lists.claimed_by_script(
        session, codes, asking.at - timedelta(days=30), units=sight.units
    )
    listed["columns"].insert(-2, column("近 30 天发送", right=True))
    for line, code in zip(listed["rows"], codes, strict=True):
        line["cells"].insert(-2, cell(count(sent.get(code, 0)), f"{PATH}/{quote(code)}/sends"))
        line["data"]["sent_30d"] = sent.get(code, 0)
    return page(request, "table", {**await shell(request, session, asking, "library"), **listed})


def _purpose(one: VersionFact) -> dict[str, Any]:
    text, kind = showing.purpose(one.script)
    return cell(text, kind=kind)


def _form(one: VersionFact) -> dict[str, Any]:
    return cell(showing.form_text(one.script))


def _product(one: VersionFact) -> dict[str, Any]:
    script = one.script
    kind = PRODUCT_KINDS.get(script.product_kind or "", "不含产品")
    licence = f"要有 {script.licence}资质" if script.licence else ""
    return cell(f"{kind} {script.product_code or ''}".strip(), sub=licence)
