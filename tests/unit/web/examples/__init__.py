"""A realistic context for every page: what the routers are to hand to the templates.

青禾银行 and everybody in it are invented. ``PAGES`` maps a name to (template, URL, context).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.unit.web.examples import (
    console_audit,
    console_benefits,
    console_binding,
    console_calendar,
    console_campaigns,
    console_complaints,
    console_consents,
    console_content,
    console_customers,
    console_desk,
    console_duty,
    console_fence,
    console_first,
    console_handover,
    console_library,
    console_moments,
    console_ownership,
    console_policies,
    console_running,
    console_segments,
    console_structure,
    console_system,
    console_white_lists,
    demo,
    h5,
    h5_more,
    linking,
)

__all__ = ["PAGES", "Page"]


@dataclass(frozen=True)
class Page:
    """One rendering: the template, the address it answers and the context."""

    template: str
    url: str
    context: Mapping[str, Any]


_GROUPS = (
    h5.PAGES,
    h5_more.PAGES,
    console_duty.PAGES,
    console_first.PAGES,
    console_handover.PAGES,
    console_library.PAGES,
    console_policies.PAGES,
    console_audit.PAGES,
    console_calendar.PAGES,
    console_complaints.PAGES,
    console_consents.PAGES,
    console_fence.PAGES,
    console_content.PAGES,
    console_customers.PAGES,
    console_desk.PAGES,
    console_structure.PAGES,
    console_campaigns.PAGES,
    console_moments.PAGES,
    console_ownership.PAGES,
    console_running.PAGES,
    console_segments.PAGES,
    console_system.PAGES,
    demo.PAGES,
    linking.PAGES,
    console_benefits.PAGES,
    console_white_lists.PAGES,
    console_binding.PAGES,
)
PAGES: dict[str, Page] = {name: Page(*page) for group in _GROUPS for name, page in group.items()}
