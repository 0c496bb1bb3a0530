"""A persona's rule as sentences for people, from the same conditions that judge customers."""

from config.persona_policy import Persona, PersonaPolicy
from crm_sync.rules.conditions import sentence


def conditions(persona: Persona, policy: PersonaPolicy) -> list[str]:
    """One sentence a ground: any of them makes a customer a member."""
    return [sentence(one.rule, policy.labels) for one in persona.when]


def exclusions(persona: Persona, policy: PersonaPolicy) -> list[str]:
    """One sentence a ground that keeps a customer out."""
    return [sentence(one.rule, policy.labels) for one in persona.unless]


def in_short(persona: Persona, policy: PersonaPolicy) -> str:
    """The whole rule in one line."""
    line = "；或".join(conditions(persona, policy))
    kept_out = "；".join(exclusions(persona, policy))
    return f"{line}。不含：{kept_out}" if kept_out else line
