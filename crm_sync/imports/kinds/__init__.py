"""One landing a kind: what must hold for its rows, and how they are written."""

from collections.abc import Mapping
from typing import Final

from crm_sync.imports.kinds.assignments import AssignmentsLanding
from crm_sync.imports.kinds.certificates import CertificatesLanding
from crm_sync.imports.kinds.complaints import ComplaintsLanding
from crm_sync.imports.kinds.consents import ConsentsLanding
from crm_sync.imports.kinds.customers import CustomersLanding
from crm_sync.imports.kinds.farming import FarmingLanding
from crm_sync.imports.kinds.flows import FlowsLanding
from crm_sync.imports.kinds.holdings import HoldingsLanding
from crm_sync.imports.kinds.navs import NavsLanding
from crm_sync.imports.kinds.products import ProductsLanding
from crm_sync.imports.kinds.signals import SignalsLanding
from crm_sync.imports.kinds.staff import StaffLanding
from crm_sync.imports.kinds.timeline import EventsLanding, SnapshotsLanding
from crm_sync.imports.kinds.touches import TouchesLanding
from crm_sync.imports.kinds.units import UnitsLanding
from crm_sync.imports.landing import Landing

LANDINGS: Final[Mapping[str, type[Landing]]] = {
    landing.layout.kind: landing
    for landing in (
        UnitsLanding,
        StaffLanding,
        ProductsLanding,
        NavsLanding,
        CustomersLanding,
        HoldingsLanding,
        AssignmentsLanding,
        ConsentsLanding,
        SnapshotsLanding,
        EventsLanding,
        FlowsLanding,
        TouchesLanding,
        FarmingLanding,
        SignalsLanding,
        ComplaintsLanding,
        CertificatesLanding,
    )
}
