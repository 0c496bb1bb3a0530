"""聊天敏感词 rules (api.md 7.1)."""

from dataclasses import dataclass


@dataclass(slots=True)
class InterceptRule:
    """One rule of one app."""

    number: int
    agent_id: int
    name: str
    words: list[str]
    semantics: list[int]
    kind: int
    users: list[str]
    departments: list[int]
    created_at: int

    @property
    def rule_id(self) -> str:
        """The id as add and list print it."""
        return f"rule{self.number}"
