"""Moments: tasks that a member publishes, and who saw them (api.md 6)."""

from dataclasses import dataclass, field
from typing import Any

JOB_LIFE_S = 86_400


@dataclass(slots=True)
class Moment:
    """One moment. ``create_type`` 0 by the corp, 1 by a member; ``published`` userid -> time."""

    moment_id: str
    create_type: int
    created_at: float
    text: str
    attachments: list[dict[str, Any]]
    senders: list[str]
    tags: list[str]
    creator: str = ""
    cancelled: bool = False
    published: dict[str, int] = field(default_factory=dict)
    audience: dict[str, list[str]] = field(default_factory=dict)
    comments: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    likes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


@dataclass(slots=True)
class MomentJob:
    """The creation job of one moment."""

    jobid: str
    agent_id: int
    begun_at: float
    ready_at: float
    moment: Moment
    bad_users: list[str]
    bad_departments: list[int]
    bad_tags: list[str]


@dataclass(slots=True)
class MomentWall:
    """All moments and jobs."""

    moments: dict[str, Moment] = field(default_factory=dict)
    jobs: dict[str, MomentJob] = field(default_factory=dict)
