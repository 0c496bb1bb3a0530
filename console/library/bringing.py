"""导入内容: a file of items is brought, each row lands or is refused with its number and reason.

The rows land one after the other in one transaction, so the desk takes few; the command takes more.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console.errors import FilesTooMany, RowsByCommand
from console.library.handing_in import all_to_desk
from console.library.places import ARTICLES, CATALOG, MATERIALS, SCRIPTS
from console.library.script import WRITERS
from console.lists import tab, url
from console.shell import page, shell
from content_library.facts import Landed, LandedRow
from content_library.item_landing import ITEMS, land_items
from content_library.item_rows import LARGEST, Rows, read_rows
from content_library.material_rules import KINDS
from delivery.attached import addresses_of
from kit.errors import AppError
from kit.web.guard import Asking, Reading, Writing, allow
from wecom.media import MAX_BYTES

router = APIRouter()
PATH: Final = f"{SCRIPTS}/import"
BROUGHT: Final = {
    "scripts": ("话术", SCRIPTS, "samples/scripts-waiting.toml"),
    "articles": ("资讯", ARTICLES, "samples/articles.toml"),
    "listings": ("产品上架", CATALOG, "samples/listings.toml"),
    "materials": ("素材", MATERIALS, "samples/materials.toml"),
}
OUTCOMES: Final = {
    "submitted": ("已提交，等人审核", "ok"),
    "unchanged": ("没有变化", ""),
    "refused": ("拒绝", "danger"),
}
MOST_ROWS: Final = 200
MOST_FILES: Final = 50
MOST_BYTES: Final = 64 * 1024**2
"""Of all files of one form together, because those that the rows name are held in memory."""
BIGGEST: Final = max(MAX_BYTES.values())


@router.get(PATH, response_class=HTMLResponse)
async def form(
    request: Request,
    asking: Annotated[Asking, allow("console", *WRITERS)],
    session: Reading,
    kind: str = "scripts",
) -> Response:
    """The form for a file of one kind."""
    return await _page(request, session, asking, kind if kind in ITEMS else "scripts")


@router.post(PATH, response_class=HTMLResponse)
async def bring(
    request: Request,
    asking: Annotated[Asking, allow("console", *WRITERS)],
    session: Writing,
    kind: Annotated[str, Form(pattern="^(scripts|articles|listings|materials)$")],
    brought: Annotated[UploadFile, File(alias="file")],
    pictures: Annotated[list[UploadFile] | None, File(alias="files")] = None,
) -> Response:
    """Land the rows; what is wrong with the file as a whole is told above the form."""
    parts = request.app.state.parts
    name = brought.filename or ""
    try:
        found = read_rows(name, await brought.read(LARGEST + 1), ITEMS[kind][0])
        if len(found.rows) > MOST_ROWS:
            raise RowsByCommand(
                f"页面上一次最多导入 {MOST_ROWS} 行，这次一行也没有导入",
                saw=f"{len(found.rows)} 行",
                do=f"改用命令 gengyun import {kind} 文件，或拆成几份",
            )
        files = await _named(found, pictures or ()) if kind == "materials" else {}
        landed = await land_items(
            session, kind, found, files.get, examiner=parts.examiner,
            allowed=addresses_of(parts.desk.policy), by=asking.actor, at=asking.at,
        )  # fmt: skip
        await all_to_desk(request, session, landed.submitted, asking.at)
    except AppError as error:
        return await _page(request, session, asking, kind, error=error)
    return await _page(request, session, asking, kind, landed=landed, name=name)


async def _named(found: Rows, brought: Sequence[UploadFile]) -> dict[str, bytes]:
    """The bytes of the files that the rows name; no other is read. Raises FilesTooMany."""
    given = [one for one in brought if one.filename]
    total = sum(one.size or 0 for one in given)
    if len(given) > MOST_FILES or total > MOST_BYTES:
        raise FilesTooMany(
            f"素材文件一次最多 {MOST_FILES} 个、合计 {MOST_BYTES // 1024**2} MB，这次一行也没有导入",
            saw=f"{len(given)} 个，合计 {-(-total // 1024**2)} MB",
            do="拆成几次导入；或把文件放在表旁边的 materials/ 里，用命令 gengyun import materials 文件",
        )
    wanted = {str(row.get("source_file") or "") for row in found.rows}
    files: dict[str, bytes] = {}
    for one in given:
        name = (one.filename or "").replace("\\", "/").rpartition("/")[2]
        if name in wanted:
            files[name] = await one.read(BIGGEST + 1)
    return files


async def _page(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    kind: str,
    *,
    landed: Landed | None = None,
    name: str = "",
    error: AppError | None = None,
) -> Response:
    title, back, sample = BROUGHT[kind]
    context = await shell(request, session, asking, "library")
    context |= {
        "title": title,
        "kind": kind,
        "back_url": back,
        "action": PATH,
        "sample": sample,
        "with_files": kind == "materials",
        "material_kinds": "、".join(KINDS.values()),
        "most": {"rows": MOST_ROWS, "files": MOST_FILES, "megabytes": MOST_BYTES // 1024**2},
        "tabs": [tab(text, url(PATH, kind=one), current=one == kind) for one, (text, _, _) in BROUGHT.items()],
        "error": {"what": error.what, "saw": error.saw, "do": error.do, "code": error.code} if error else None,
        "result": _result(landed, name) if landed else None,
    }  # fmt: skip
    return page(request, "library_import", context, status=error.status if error else 200)


def _result(landed: Landed, name: str) -> dict[str, Any]:
    refused = [row for row in landed.rows if row.outcome == "refused"]
    rest = [row for row in landed.rows if row.outcome != "refused"]
    return {
        "name": name[:80],
        "counts": [
            {"text": text, "kind": kind, "n": sum(row.outcome == key for row in landed.rows)}
            for key, (text, kind) in OUTCOMES.items()
        ],
        "rows": [_row(row) for row in (*refused, *rest)],  # what is to be mended comes first
    }


def _row(row: LandedRow) -> dict[str, Any]:
    text, kind = OUTCOMES[row.outcome]
    return {
        "number": row.number,
        "code": row.code,
        "href": f"{SCRIPTS}/{quote(row.code)}" if row.outcome != "refused" else None,
        "text": text,
        "kind": kind,
        "saying": row.saying,
    }
