"""The ways an import is refused although its file can be read, and why a row is.

InputRefused
├── DropTooLarge     the file lacks more of the present rows than may go at once
├── KindUnknown      no such kind of file
├── NobodyLands      this kind belongs to a package that the composition did not pass in
├── SupplementRefused  this kind cannot supplement the rows of another source
├── NotRevertible    this load left nothing by which it could be taken back
└── DayTooOld        the rows are of an earlier day than those that are there
NotFound
├── LoadUnknown      there is no load of that number
└── CustomerMissing  there is no customer of that number
Conflict
├── AnotherImport    the same kind was imported while this file was being read
└── LaterLoad        a later load wrote the same rows; that one is taken back first
"""

from enum import StrEnum

from kit.errors import Conflict, InputRefused, NotFound


class DropTooLarge(InputRefused):
    """The file lacks more of the present rows than may go at once."""

    code = "E-2301"


class KindUnknown(InputRefused):
    """There is no such kind of file."""

    code = "E-2302"


class NobodyLands(InputRefused):
    """The rows of this kind belong to a package that was not passed in."""

    code = "E-2303"


class SupplementRefused(InputRefused):
    """This kind of file cannot supplement the rows of another source."""

    code = "E-2304"


class AnotherImport(Conflict):
    """The same kind was imported while this file was being read."""

    code = "E-2305"


class NotRevertible(InputRefused):
    """This load left nothing by which it could be taken back."""

    code = "E-2306"


class LaterLoad(Conflict):
    """A later load wrote the same rows: that one is taken back first."""

    code = "E-2307"


class LoadUnknown(NotFound):
    """There is no load of that number."""

    code = "E-2308"


class CustomerMissing(NotFound):
    """There is no customer of that number."""

    code = "E-2309"


class DayTooOld(InputRefused):
    """The rows are of an earlier day than the last that came from their source."""

    code = "E-2315"


class ImportCode(StrEnum):
    """Why a row that can be read is not taken; each is a heading of ``docs/errors.md``."""

    DUPLICATE = "E-2230"
    UNIT_UNKNOWN = "E-2231"
    STAFF_UNKNOWN = "E-2232"
    CUSTOMER_UNKNOWN = "E-2233"
    USERID_TAKEN = "E-2234"
    TREE = "E-2235"
    ROLE = "E-2236"
    ERASED = "E-2237"
    FORBIDDEN_WORD = "E-2238"
    RISK_BELOW_MANAGER = "E-2239"
    BENCHMARK_WITHOUT_BASIS = "E-2240"
    BENCHMARK_UNREADABLE = "E-2241"
    PRODUCT_UNKNOWN = "E-2242"
    NAV_UNREADABLE = "E-2243"
    CASE_OF_ANOTHER = "E-2244"
