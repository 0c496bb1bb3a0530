"""The ways a database as a source is refused. None of them names its address or account.

InputRefused
├── QueryRefused       not exactly one SELECT
├── SourceUnusable     a URL, kind of database or mapping that cannot be used
└── AnswerRefused      the database refused the query, or the answer lacks the watermark
NotFound
└── SourceUnknown      no source of that name in the settings
Unavailable
└── SourceUnreachable  it does not answer, or not to us
"""

from kit.errors import InputRefused, NotFound, Unavailable


class QueryRefused(InputRefused):
    """Not exactly one SELECT."""

    code = "E-2310"


class SourceUnusable(InputRefused):
    """A URL, a kind of database or a mapping that cannot be used."""

    code = "E-2311"


class AnswerRefused(InputRefused):
    """The database refused the query, or the answer lacks the watermark's column."""

    code = "E-2312"


class SourceUnknown(NotFound):
    """There is no source of that name in the settings."""

    code = "E-2313"


class SourceUnreachable(Unavailable):
    """The source does not answer, or not to us."""

    code = "E-2314"
