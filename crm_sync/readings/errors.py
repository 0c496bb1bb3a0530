"""The ways a content page says no."""

from kit.errors import InputRefused, NotFound


class ReadingLinkBroken(InputRefused):
    """A link is incomplete, was changed, or is too old; every cause reads the same."""

    code = "E-2430"


class ArticleGone(NotFound):
    """The article is no longer in use, or its words are not those that were approved."""

    code = "E-2431"


class TooManyOpenings(InputRefused):
    """One address opens more pages than people do."""

    code = "E-2432"
    status = 429
