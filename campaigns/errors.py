"""The ways benefits, events and referrals say no.

InputRefused    BenefitRefused      a field of a proposal is missing or beyond the policy
                TiedToMoney         its condition is a deposit, money brought in, assets or a purchase
                FormForbidden       cash, red packets, goods, vouchers, a lottery, a rebate
                StockTip            recommending a stock is no benefit
                WordsBlocked        the screening of its words says no
                SelfReferral        a person does not introduce themself, nor whoever introduced them
                PersonUnknown       a referral is between two customers we know
                TooManyAtOnce       more customer numbers than one form takes: nothing is done
NotFound        BenefitUnknown, ReferralUnknown
AccessDenied    SecondPerson        who proposed does not approve
Conflict        BenefitDecided      it was decided before
                NotApproved         no grant and no place without approval, in its time, unchanged
                ReferralCredited    a person is introduced once and credited once
                NoRoom              every seat is taken, or a cap is reached
                AttendanceState     not registered, or settled before
"""

from kit.errors import AccessDenied, Conflict, InputRefused, NotFound


class BenefitRefused(InputRefused):
    """A field of the proposal is missing, unknown or beyond the policy."""

    code = "E-2701"


class TiedToMoney(InputRefused):
    """The condition is a deposit, an amount brought in, assets reached or a purchase."""

    code = "E-2702"


class FormForbidden(InputRefused):
    """Cash, red packets, goods, vouchers, a lottery or a rebate have no entry."""

    code = "E-2703"


class StockTip(InputRefused):
    """A tip for a stock has no entry."""

    code = "E-2704"


class WordsBlocked(InputRefused):
    """The words of the benefit do not pass the screening."""

    code = "E-2705"


class SelfReferral(InputRefused):
    """The two are one person, or the one introduced stands above the one who introduces."""

    code = "E-2706"


class PersonUnknown(InputRefused):
    """No such customer, or the contact is bound to nobody yet."""

    code = "E-2707"


class TooManyAtOnce(InputRefused):
    """More customer numbers than one form takes; nobody was given anything."""

    code = "E-2708"


class BenefitUnknown(NotFound):
    """There is no such benefit."""

    code = "E-2711"


class ReferralUnknown(NotFound):
    """There is no such referral, or none this person may know of."""

    code = "E-2712"


class SecondPerson(AccessDenied):
    """Whoever proposed or recorded it may not approve it."""

    code = "E-2713"


class BenefitDecided(Conflict):
    """It was decided before."""

    code = "E-2714"


class NotApproved(Conflict):
    """Not approved, not in its time, or changed since it was approved."""

    code = "E-2715"


class ReferralCredited(Conflict):
    """This person has been introduced, or this referral credited, before."""

    code = "E-2716"


class NoRoom(Conflict):
    """Every seat is taken, or a cap is reached."""

    code = "E-2717"


class AttendanceState(Conflict):
    """Not registered, or settled before."""

    code = "E-2718"
