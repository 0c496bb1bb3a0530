"""Every router of the desk, in the order of its pages; the composition includes them."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from console import interactions, overview, own_log, shell, sign_in, todos
from console.customers import listed as customers_listed
from console.customers import one as customers_one

ROUTERS: Final[Sequence[APIRouter]] = (
    sign_in.router,
    shell.router,
    overview.router,
    customers_listed.router,
    customers_one.router,
    todos.router,
    interactions.router,
    own_log.router,
)
DEMO_ROUTERS: Final[Sequence[APIRouter]] = (sign_in.demo_router,)
"""What exists in the demo alone."""
