"""A to-do's intent again, so that the gate judges now what was planned in the morning."""

from compliance.facts import Channel, Purpose
from crm_sync.facts import CustomerFact, Reach
from delivery.intents import Intent
from delivery.repository.todos import TodoView


def intent_of(
    todo: TodoView, customer: CustomerFact, reach: Reach | None, *, channel: Channel
) -> Intent:
    """What the to-do asks for, to be judged as ``channel``; its fields as the planner filled them."""
    fields = todo.detail.get("fields")
    return Intent(
        key=todo.key,
        trigger=todo.trigger,
        channel=channel,
        purpose=Purpose(todo.purpose),
        customer=customer,
        reach=reach,
        script_version_id=todo.script_version_id,
        fields=dict(fields) if isinstance(fields, dict) else {},
        title=todo.title,
        why=todo.why,
        due_on=todo.due_on,
        expires_at=todo.expires_at,
        priority=todo.priority,
    )
