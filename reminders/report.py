"""What a plan decided, counted: for its run, its ledger entry and the operator's screen."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass
class PlanReport:
    """What a plan decided: intents by (trigger, channel, outcome), refusals by reason."""

    day: date
    outcomes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    broadcasts: int = 0
    without_script: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """The report as one JSON object; also what ``plan_run.counts`` keeps."""
        planned = sum(n for (_, _, outcome), n in self.outcomes.items() if outcome == "queued")
        return {
            "date": self.day.isoformat(),
            "considered": sum(self.outcomes.values()),
            "planned": planned,
            "outcomes": [
                {"trigger": trigger, "channel": channel, "outcome": outcome, "count": count}
                for (trigger, channel, outcome), count in sorted(self.outcomes.items())
            ],
            "refused": [
                {"trigger": trigger, "reason": reason, "count": count}
                for (trigger, reason), count in sorted(self.reasons.items())
            ],
            "broadcasts": self.broadcasts,
            "without_script": dict(sorted(self.without_script.items())),
        }
