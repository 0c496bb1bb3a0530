"""The ways screening says no to its own rule data.

ConfigurationRefused
└── RulebookBroken   a rule file cannot be used: which file, which rule, what to write instead
"""

from __future__ import annotations

from kit.errors import ConfigurationRefused


class RulebookBroken(ConfigurationRefused):
    """A rule, a concept or a pattern of the rulebook cannot be used."""

    code = "E-1610"
