"""Every router of the desk, in the order of its pages; the composition includes them."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter

from console import alerts, interactions, overview, own_log, shell, sign_in, todos
from console.audit import search as audit_search
from console.customers import listed as customers_listed
from console.customers import one as customers_one
from console.evidence import asking as evidence_asking
from console.evidence import basket as evidence_basket
from console.evidence import packs as evidence_packs
from console.groups import listed as groups_listed
from console.groups import one as groups_one

ROUTERS: Final[Sequence[APIRouter]] = (
    sign_in.router,
    shell.router,
    overview.router,
    customers_listed.router,
    customers_one.router,
    todos.router,
    groups_listed.router,
    groups_one.router,
    interactions.router,
    audit_search.router,
    alerts.router,
    evidence_basket.router,
    evidence_asking.router,
    evidence_packs.router,
    own_log.router,
)
DEMO_ROUTERS: Final[Sequence[APIRouter]] = (sign_in.demo_router,)
"""What exists in the demo alone."""
