"""structlog set up once: one JSON line an event, ids only, secrets never."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET_KEY = re.compile(r"secret|token|password|aes_key|private|cookie|authorization|code$", re.I)
SECRET_VALUE = re.compile(
    r"((?:access_token|corpsecret|secret|ticket|code|msg_signature|echostr)=)[^&\s\"']+", re.I
)
LONGEST_VALUE = 2_000


def _without_secrets(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key, value in list(event.items()):
        if key != "code" and SECRET_KEY.search(key):
            event[key] = "***"
        elif isinstance(value, str):
            event[key] = SECRET_VALUE.sub(r"\1***", value)[:LONGEST_VALUE]
    return event


def setup(*, level: str = "INFO", to_terminal: bool = False) -> None:
    """Route structlog and the standard library through one processor chain to stderr.

    httpx and httpcore are held at WARNING because at INFO they print whole URLs, and WeCom
    wants its secrets in the URL; uvicorn's access log is off because it prints OAuth codes.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _without_secrets,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=False)
        if to_terminal
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "apscheduler", "asyncio", "alembic", "jieba"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    access = logging.getLogger("uvicorn.access")
    access.handlers[:] = []
    access.propagate = False


def get(name: str) -> Any:
    """A logger for one module; event names are ``package.past_tense``."""
    return structlog.get_logger(name)
