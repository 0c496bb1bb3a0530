"""What an endpoint is: a path, who may call it, what it reads, what it answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from simulator.wecom.errors import Json
from simulator.wecom.state.corp import App
from simulator.wecom.strictness import Ask, Nothing
from simulator.wecom.world import World

Right = Literal["open", "any", "customer", "contacts", "ids", "message", "archive"]
A = TypeVar("A", bound=Ask)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came by multipart/form-data."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, when, from where; ``app`` is the caller, absent only on open endpoints."""

    world: World
    path: str
    at: float
    ip: str
    token: str
    caller: App | None
    query: dict[str, str]
    upload: Upload | None = None
    range: str | None = None

    @property
    def app(self) -> App:
        """The calling app."""
        if self.caller is None:
            raise LookupError("an open endpoint has no calling app")
        return self.caller

    @property
    def now(self) -> int:
        """Whole seconds, as the API prints times."""
        return int(self.at)


@dataclass(frozen=True, slots=True)
class Bytes:
    """An answer that is a file."""

    content: bytes
    media_type: str
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class WithHeaders:
    """A JSON answer with headers whose spelling matters."""

    body: Json
    headers: dict[str, str]


Answer = Json | Bytes | WithHeaders


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path. ``limits`` are (span, name of the cap in Modes) beside the base rate."""

    path: str
    method: Literal["GET", "POST", "FORM"]
    model: type[Ask]
    handle: Callable[[Call, Any], Answer]
    right: Right
    object_key: Callable[[Any], str] | None = None
    limits: tuple[tuple[str, str], ...] = ()
    base_rate: bool = True


def get(
    path: str, model: type[A], handle: Callable[[Call, A], Answer], right: Right, **more: Any
) -> Endpoint:
    """An endpoint that reads the query string."""
    return Endpoint(path, "GET", model, handle, right, **more)


def post(
    path: str, model: type[A], handle: Callable[[Call, A], Answer], right: Right, **more: Any
) -> Endpoint:
    """An endpoint that reads a JSON body."""
    return Endpoint(path, "POST", model, handle, right, **more)


def form(path: str, model: type[A], handle: Callable[[Call, A], Answer], **more: Any) -> Endpoint:
    """An endpoint that takes a file and reads the query string."""
    return Endpoint(path, "FORM", model, handle, "any", **more)


def bare(
    path: str, handle: Callable[[Call, Nothing], Answer], right: Right, **more: Any
) -> Endpoint:
    """A GET without parameters."""
    return Endpoint(path, "GET", Nothing, handle, right, **more)
