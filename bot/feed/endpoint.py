"""``POST /api/v1/feed/{kind}``: where bank systems push rows (docs/feed.md)."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from bot.feed.errors import BatchTooLarge
from bot.feed.service import Feed
from bot.feed.signing import opened

PATH = "/api/v1/feed"


def router(feed: Feed) -> APIRouter:
    """The feed's route. It asks for no sign-in: the signature says who pushes."""
    routes = APIRouter()

    @routes.post(
        PATH + "/{kind}",
        summary="银行系统推送数据",
        response_class=JSONResponse,
        responses={
            200: {"description": "整批处理完；拒收的行在 rejects"},
            202: {"description": "已收下，还没轮到；同一批再发一次来问"},
            401: {"description": "签名、时间或密钥不对"},
            409: {"description": "批次号用过，内容不同"},
            413: {"description": "超过大小或行数"},
            422: {"description": "整批拒收，什么都没有改变"},
        },
    )
    async def push(request: Request, kind: str) -> Response:
        body = await _body(request, feed.max_bytes)
        envelope = opened(
            request.headers,
            request.url.path,
            body,
            keys=feed.keys,
            at=feed.clock(),
            clock=feed.clock_seconds,
        )
        answer = await feed.take(envelope, kind, body)
        return JSONResponse(dict(answer.body), status_code=answer.status)

    return routes


async def _body(request: Request, most: int) -> bytes:
    """The body, refused as soon as it is seen to be too large. Raises BatchTooLarge."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > most:
        raise _too_large(most)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise _too_large(most)
        parts.append(part)
    return b"".join(parts)


def _too_large(most: int) -> BatchTooLarge:
    return BatchTooLarge(
        "一批的内容太大", saw=f"上限 {most} 字节", where="GENGYUN_FEED__MAX_BYTES", do="分成几批"
    )
