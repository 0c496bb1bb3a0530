"""Who does not want words of one purpose, as selects for conditions in other packages."""

from typing import Any, Final

from sqlalchemy import CompoundSelect, Select, select, union
from sqlmodel import col

from compliance.facts import Purpose, Scope
from compliance.models import ComplaintFreeze, Consent, ContactSilence, Suppression

_SCOPES: Final = {Purpose.SERVICE: (Scope.ALL,)}
_OTHERS: Final = (Scope.ALL, Scope.MARKETING)


def declined(purpose: Purpose) -> CompoundSelect[Any]:
    """The ids of customers who said no to ``purpose``, want silence, or complain of us now."""
    asked = [
        select(col(Suppression.customer_id)).where(
            col(Suppression.scope).in_(_SCOPES.get(purpose, _OTHERS)),
            col(Suppression.lifted_at).is_(None),
        ),
        select(col(Consent.customer_id)).where(
            col(Consent.purpose) == purpose.value, col(Consent.given).is_(False)
        ),
    ]
    if purpose is Purpose.MARKETING:
        asked.append(
            select(col(ComplaintFreeze.customer_id)).where(col(ComplaintFreeze.closed_at).is_(None))
        )
    return union(*asked)


def silent_contacts(purpose: Purpose) -> Select[Any]:
    """The WeCom contacts (``external_userid``) that want no word of ``purpose``."""
    return select(col(ContactSilence.external_userid)).where(
        col(ContactSilence.scope).in_(_SCOPES.get(purpose, _OTHERS)),
        col(ContactSilence.lifted_at).is_(None),
    )
