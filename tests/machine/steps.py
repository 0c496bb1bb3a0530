"""The steps. Each takes three numbers and makes of them what the moment allows, or nothing.

Because a step's numbers mean something in every state, any step may be left out of a trace and
the rest still makes sense: so a long trace can be cut down to a short one.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from tests.machine import contact_steps, sending_steps, trouble_steps, word_steps
from tests.machine.run import Run

Step = Callable[[Run, int, int, int], Awaitable[None]]
STEPS: Final[Mapping[str, tuple[int, Step]]] = {
    "contact_added": (10, contact_steps.contact_added),
    "contact_gone": (3, contact_steps.contact_gone),
    "told_again": (6, contact_steps.told_again),
    "written": (7, word_steps.written),
    "edited": (3, word_steps.edited),
    "decided": (4, word_steps.decided),
    "recalled": (2, word_steps.recalled),
    "said": (18, sending_steps.said),
    "sent": (14, sending_steps.sent),
    "worked": (4, sending_steps.worked),
    "confirmed": (4, sending_steps.confirmed),
    "refused": (2, sending_steps.refused),
    "refused_meanwhile": (2, sending_steps.refused_meanwhile),
    "took_back": (5, sending_steps.took_back),
    "planned": (1, sending_steps.planned),
    "tapped": (2, sending_steps.tapped),
    "fault": (8, trouble_steps.fault),
    "outage": (1, trouble_steps.outage),
    "passed": (8, trouble_steps.passed),
    "next_day": (8, trouble_steps.next_day),
    "night": (1, trouble_steps.night),
    "clock_off": (2, trouble_steps.clock_off),
    "clock_back": (1, trouble_steps.clock_back),
    "killed": (7, trouble_steps.killed),
    "killed_now": (1, trouble_steps.killed_now),
    "disabled": (1, trouble_steps.disabled),
}
"""Every step with how often it comes, of a hundred or so."""
