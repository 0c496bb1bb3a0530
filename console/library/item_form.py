"""A form for an item that is no script: its inputs as data, kept as a draft or handed in."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from console.library.handing_in import to_desk
from console.library.places import SCRIPTS
from console.shell import page, shell
from content_library import repository as items_of
from content_library import service
from content_library.addresses import own_address
from content_library.facts import ScriptDraft, State
from content_library.material_files import require_fitting
from delivery.attached import addresses_of
from kit.errors import AppError
from kit.web.guard import Asking


def text(
    name: str,
    label: str,
    value: str = "",
    *,
    longest: int = 120,
    note: str = "",
    fixed: bool = False,
) -> dict[str, Any]:
    """A line to write."""
    return _field(name, label, "text", value, longest=longest, note=note, fixed=fixed)


def area(
    name: str, label: str, value: str = "", *, longest: int, note: str = "", rows: int = 12
) -> dict[str, Any]:
    """Many lines to write."""
    return _field(name, label, "area", value, longest=longest, note=note) | {"rows": rows}


def hidden(name: str, value: str) -> dict[str, Any]:
    """What goes along unseen."""
    return _field(name, "", "hidden", value)


def tiers_of(request: Request, chosen: str) -> dict[str, Any]:
    """The bank's tiers, each a box; ``chosen`` parted by semicolons."""
    picked = frozenset(one for one in chosen.split(";") if one)
    known = [one.name for one in request.app.state.parts.tiers.tiers]
    options = [(one, one) for one in (*known, *sorted(picked - set(known)))]
    return several("tiers", "只给哪些层级", options, picked, "不选就是不限层级")


def pick(
    name: str, label: str, options: Sequence[tuple[str, str]], value: str = ""
) -> dict[str, Any]:
    """One of several."""
    return _field(name, label, "select", value, options=list(options))


def several(
    name: str,
    label: str,
    options: Sequence[tuple[str, str]],
    chosen: frozenset[str],
    note: str = "",
) -> dict[str, Any]:
    """Any of several, each a box."""
    boxes = [(value, shown, value in chosen) for value, shown in options]
    return _field(name, label, "boxes", "", options=boxes, note=note)


def day(name: str, label: str, value: str = "") -> dict[str, Any]:
    """A day."""
    return _field(name, label, "date", value)


def file(name: str, label: str, note: str) -> dict[str, Any]:
    """A file to bring."""
    return _field(name, label, "file", "", note=note)


def _field(
    name: str,
    label: str,
    kind: str,
    value: str,
    *,
    options: Sequence[Any] = (),
    longest: int = 0,
    note: str = "",
    fixed: bool = False,
) -> dict[str, Any]:
    return {
        "name": name, "label": label, "kind": kind, "value": value, "options": list(options),
        "longest": longest, "note": note, "fixed": fixed,
    }  # fmt: skip


async def form_page(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    *,
    heading: str,
    back_url: str,
    action: str,
    fields: Sequence[dict[str, Any]],
    aside: Sequence[dict[str, Any]],
    error: AppError | None = None,
) -> Response:
    """The form, with what was wrong with it the last time."""
    context = await shell(request, session, asking, "library")
    context |= {
        "heading": heading,
        "back_url": back_url,
        "action": action,
        "multipart": any(one["kind"] == "file" for one in (*fields, *aside)),
        "fields": list(fields),
        "aside": list(aside),
        "error": {"what": error.what, "do": error.do, "code": error.code} if error else None,
    }
    return page(request, "item_edit", context, status=error.status if error else 200)


async def keep_item(
    request: Request,
    session: AsyncSession,
    asking: Asking,
    made: Callable[[], ScriptDraft],
    act: str,
    reason: str,
) -> Response | AppError:
    """Keep a draft as a new item or its next version; the error where that cannot be."""
    try:
        async with session.begin_nested():
            words = own_address(made(), addresses_of(request.app.state.parts.desk.policy))
            await require_fitting(session, words)
            by, at = asking.actor, asking.at
            newest = (await items_of.newest(session, [words.code])).get(words.code)
            if newest is None:
                version_id = await service.draft(session, words, by=by, at=at)
            elif newest.state in (State.DRAFT, State.SUBMITTED):
                version_id = newest.id or 0
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
        return error
    return RedirectResponse(f"{SCRIPTS}/{quote(words.code)}", status_code=303)
