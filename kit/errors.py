"""The errors raised on purpose, drawn as a tree.

AppError                     every refusal a person or a program is meant to read
├── InputRefused      422    what came in is wrong; nothing was changed            exit 2
│   └── ConfigurationRefused  the settings are wrong; the process does not start   exit 2
├── Unauthenticated   401    nobody is signed in, or the envelope is not WeCom's
├── AccessDenied      403    somebody is, but this is not theirs to see or do
├── NotFound          404    no such thing, or none this person may know of
├── Conflict          409    the request is well formed, the present state forbids it
├── TooMany           429    more than a person needs in that time
├── Unavailable       503    something we need does not answer; try again later
└── IntegrityBroken   500    the record does not prove itself                      exit 3

Each concrete error has a ``code`` (``E-1234``) which is a heading in ``docs/errors.md``.
Messages speak Chinese to people and carry ids only, never names, phones or texts.
"""

from typing import ClassVar


class AppError(Exception):
    """A refusal with four parts: what is wrong, what was seen, where to look, what to do."""

    code: ClassVar[str] = "E-0000"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(
        self, what: str, *, saw: str = "", where: str = "", do: str = "", **facts: object
    ) -> None:
        super().__init__(what)
        self.what = what
        self.saw = saw
        self.where = where
        self.do = do
        self.facts = facts

    def __str__(self) -> str:
        return self.sentence()

    def sentence(self) -> str:
        """The whole refusal in one line for people, code at the end."""
        parts = [self.what]
        if self.saw:
            parts.append(f"现在是“{self.saw}”")
        if self.where:
            parts.append(f"在哪看：{self.where}")
        if self.do:
            parts.append(f"怎么办：{self.do}")
        return "。".join(part.rstrip("。") for part in parts) + f"（编号 {self.code}）"

    def as_dict(self) -> dict[str, object]:
        """The refusal for a program: code, the four parts and the ids it is about."""
        return {
            "code": self.code,
            "what": self.what,
            "saw": self.saw,
            "where": self.where,
            "do": self.do,
            "facts": {name: str(value) for name, value in self.facts.items()},
        }


class InputRefused(AppError):
    """What came in is wrong; nothing was changed."""

    code = "E-2000"
    status = 422
    exit_code = 2


class ConfigurationRefused(InputRefused):
    """A setting is missing or wrong; the process does not start."""

    code = "E-1000"


class Unauthenticated(AppError):
    """Nobody is signed in, or the session is over."""

    code = "E-3000"
    status = 401


class AccessDenied(AppError):
    """This person may not see or do this."""

    code = "E-3100"
    status = 403


class NotFound(AppError):
    """No such thing, or none that this person may know of."""

    code = "E-3200"
    status = 404
    exit_code = 2


class Conflict(AppError):
    """The present state forbids what was asked."""

    code = "E-3300"
    status = 409
    exit_code = 2


class TooMany(AppError):
    """More than a person needs in that time."""

    code = "E-3400"
    status = 429


class Unavailable(AppError):
    """Something we depend on does not answer."""

    code = "E-5000"
    status = 503


class IntegrityBroken(AppError):
    """The record does not prove itself."""

    code = "E-6000"
    exit_code = 3
