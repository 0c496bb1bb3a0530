"""The environment that every page is rendered in: escaped, strict, with our formats.

Jinja2 is for our own pages only; what a bank's people write is filled by plain substitution
(``content_library.render``).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kit.web.formats import FILTERS
from kit.web.static_files import static

SHARED_TEMPLATES = Path(__file__).parent / "templates"


def make_environment(
    template_dirs: Sequence[Path], *, globals: Mapping[str, Any] | None = None
) -> Environment:
    """Templates of ``template_dirs`` (first wins) over the shared ones.

    Everything is escaped, and a key that the context lacks is an error, never a blank.
    ``globals`` holds what every page needs, such as ``brand``.
    """
    environment = Environment(
        loader=FileSystemLoader([*template_dirs, SHARED_TEMPLATES]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.loopcontrols"],
    )
    environment.filters.update(FILTERS)
    environment.globals.update(static=static, **(globals or {}))
    return environment
