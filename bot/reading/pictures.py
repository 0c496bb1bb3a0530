"""/o/m/…: an approved picture by its code, for pages that customers open."""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from content_library.material_files import content_of
from content_library.materials import in_use
from kit.web.guard import Reading, public, site_of

router = APIRouter()
HOME: Final = "/o/m"
KINDS: Final = frozenset({"image", "poster", "miniprogram", "link"})
"""Materials that are a picture or a card with one; a video or a document is none."""


@router.get(
    HOME + "/{code}",
    include_in_schema=False,
    dependencies=[public("pictures that were approved for customers; about nobody")],
)
async def picture(request: Request, session: Reading, code: str) -> Response:
    """The picture; 404 for one that is not in use, and for whatever is no picture."""
    found = (await in_use(session, [code[:64]], site_of(request).clock())).get(code[:64])
    if found is None or found.kind not in KINDS or not found.digest:
        return Response(status_code=404)
    fact, content = await content_of(session, found.digest)
    if not fact.content_type.startswith("image/"):
        return Response(status_code=404)
    return Response(
        content, media_type=fact.content_type, headers={"cache-control": "public, max-age=3600"}
    )
