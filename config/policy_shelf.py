"""The policies in force: what ships with the code, until a bank's own version is put on the shelf."""

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from config import policy_files
from config.policy_catalogue import Kind

P = TypeVar("P", bound=BaseModel)


class Shelf:
    """One policy of each kind. Reading is cheap: a policy is parsed once, when it is put there.

    ``numbers`` are the bank's own versions that were put here, by policy; none for the shipped.
    """

    def __init__(self) -> None:
        self._here: dict[str, BaseModel] = {}
        self.numbers: dict[str, int] = {}

    def of(self, kind: Kind[P]) -> P:
        """The policy of ``kind`` that holds now."""
        found = self._here.get(kind.name)
        if found is None:
            found = self._here[kind.name] = kind.read(policy_files.read(kind.name))
        return cast(P, found)

    def put(self, kind: Kind[Any], values: Mapping[str, Any], number: int) -> None:
        """From now on ``values`` hold. Raises pydantic.ValidationError, and changes nothing."""
        self._here[kind.name] = kind.read(values)
        self.numbers[kind.name] = number
