"""Control endpoints: JSON in, JSON out, and a clear text when the test asks for the impossible."""

from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from simulator.wecom.errors import Json
from simulator.wecom.people.kit import ActError


class Order(BaseModel):
    """A control request; unknown fields are mistakes and are named."""

    model_config = ConfigDict(extra="forbid")


class BadOrderError(ValueError):
    """The request cannot be carried out; the text says what to change."""


O = TypeVar("O", bound=BaseModel)  # noqa: E741 because it is the order


async def body_of(request: Request) -> Any:
    """The JSON body, {} when there is none. Raises BadOrderError."""
    raw = await request.body()
    if not raw:
        return {}
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadOrderError(f"the body is not JSON: {error}") from None


def read_order(model: type[O], body: Any) -> O:
    """``body`` as ``model``. Raises BadOrderError with every mistake in it."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_context=False)[:10]
        ]
        raise BadOrderError("; ".join(faults)) from None


def answer(body: Json, status: int = 200) -> Response:
    """A JSON response."""
    return Response(
        orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS), status, media_type="application/json"
    )


def refused(error: Exception) -> Response:
    """400 with the text of an ActError or BadOrderError."""
    return answer({"error": str(error)}, 400)


MISTAKES: tuple[type[Exception], ...] = (ActError, BadOrderError)
Handler = Callable[[Request], Any]
