"""Where a process may die: before and after a commit, before a call leaves, after it took effect.

A death is an exception that no handler of the product catches. From that moment on every further
boundary raises it, too, so that nothing the dying process still does is kept or sent.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

import httpx
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BROADCASTS: Final = "externalcontact/add_msg_template"
TOKENS: Final = "gettoken"


class Died(BaseException):
    """The process was killed here."""


class Fuse:
    """Counts the boundaries of one process and ends it at the one it was set to."""

    def __init__(self) -> None:
        self.dead = False
        self.where = ""
        self._left: int | None = None
        self._quiet = 0

    def set(self, boundaries: int) -> None:
        """Die at the ``boundaries``-th boundary from now."""
        self._left = boundaries

    def burn(self) -> None:
        """Die now: nothing passes any more."""
        self.dead, self._left = True, None

    def renew(self) -> None:
        """Another process has been started."""
        self.dead, self._left = False, None

    def passing(self, where: str) -> None:
        """One boundary. Raises Died."""
        if self._quiet:
            return
        if self._left is not None:
            self._left -= 1
            if self._left <= 0:
                self.where = where
                self.burn()
        if self.dead:
            raise Died(where)

    @contextmanager
    def burning(self) -> Iterator[None]:
        """Whatever else goes wrong in a process that is dying, it is its death. Raises Died."""
        try:
            yield
        except (Exception, BaseExceptionGroup) as error:
            if self.dead:
                raise Died(self.where) from error
            raise

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """What the test itself reads and writes has no boundaries."""
        self._quiet += 1
        try:
            yield
        finally:
            self._quiet -= 1


@contextmanager
def commits_of(fuse: Fuse) -> Iterator[None]:
    """Every commit of this process passes the fuse, on both sides."""

    def before(connection: Connection) -> None:
        try:
            fuse.passing("before a commit")
        except Died:
            connection.invalidate()  # the server takes back what a client that is gone has begun
            raise

    def after(_: Session) -> None:
        fuse.passing("after a commit")

    event.listen(Engine, "commit", before)
    event.listen(Session, "after_commit", after)
    try:
        yield
    finally:
        event.remove(Engine, "commit", before)
        event.remove(Session, "after_commit", after)


@contextmanager
def deaths_unmourned() -> Iterator[None]:
    """A task that died with its process is nothing to complain of."""
    loop = asyncio.get_running_loop()
    usual = loop.get_exception_handler()

    def handle(running: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), Died):
            running.default_exception_handler(context)

    loop.set_exception_handler(handle)
    try:
        yield
    finally:
        loop.set_exception_handler(usual)


class Wire(httpx.AsyncBaseTransport):
    """The way to WeCom. ``as_it_leaves`` is awaited once, when the next broadcast has left us."""

    def __init__(self, inner: httpx.AsyncBaseTransport, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse
        self.as_it_leaves: Callable[[], Awaitable[None]] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/cgi-bin/")
        if path != TOKENS:
            self._fuse.passing(f"before {path}")
        if path == BROADCASTS and self.as_it_leaves is not None:
            meanwhile, self.as_it_leaves = self.as_it_leaves, None
            await meanwhile()
        answer = await self._inner.handle_async_request(request)
        if path != TOKENS:
            self._fuse.passing(f"after {path}")
        return answer


class Door:
    """Where WeCom knocks. While no process is up a caller waits; one that dies breaks the line."""

    def __init__(self, fuse: Fuse) -> None:
        self._fuse = fuse
        self._up = asyncio.Event()
        self._app: ASGIApp | None = None
        self._talking: set[asyncio.Task[None]] = set()

    def open(self, app: ASGIApp) -> None:
        """A process answers from now on."""
        self._app = app
        self._up.set()

    async def shut(self) -> None:
        """The process is gone, and with it every answer it had not given."""
        self._up.clear()
        self._app = None
        for task in self._talking:
            task.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._up.wait()
        assert self._app is not None
        said: list[Message] = []

        async def keep(message: Message) -> None:
            said.append(message)

        async def talk(app: ASGIApp) -> None:
            await app(scope, receive, keep)
            self._fuse.passing("before the answer to a callback")

        task = asyncio.create_task(talk(self._app))
        self._talking.add(task)
        try:
            async with _ended(task, self._fuse):
                pass
        finally:
            self._talking.discard(task)
        for message in said:
            await send(message)


@asynccontextmanager
async def _ended(task: asyncio.Task[None], fuse: Fuse) -> AsyncIterator[None]:
    """Wait until the answer is there or nobody is left to give it."""
    while not task.done():
        await asyncio.wait([task], timeout=0.02)
        if fuse.dead and not task.done():
            task.cancel()
            await asyncio.wait([task])
    if task.cancelled() or task.exception() is not None:
        raise httpx.ReadError("the process died before it answered")
    yield
