"""To which addresses a card may lead: the bank's own, and where it sells to the bank's App. Pure."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from content_library.errors import AddressForeign
from content_library.facts import ScriptDraft

OUR_PAGES: Final = "/o/"
"""The pages of ours that customers open; a product may be shown there, too."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Host names, each with those below it: the bank's ``own``, among them its ``app``'s."""

    own: frozenset[str]
    app: frozenset[str] = frozenset()


def sells(purpose: str, product: str | None) -> bool:
    """Whether an item would have a customer buy a product."""
    return purpose == "marketing" and bool(product)


def require_own(url: str, allowed: Addresses, *, selling: bool = False) -> None:
    """Nothing where ``url`` leads to the bank's own host over https.

    What sells a product leads into the App or to one of our pages for customers (mission C4).
    Raises AddressForeign with the host that was seen and the hosts that may stand there.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise _foreign(url[:60], allowed.own) from None
    if parts.scheme != "https" or "@" in parts.netloc or "\\" in url or port not in (None, 443):
        raise _foreign(f"{parts.scheme}://{parts.netloc}"[:80], allowed.own)
    ours = allowed.own
    if selling and not parts.path.startswith(OUR_PAGES):
        ours = allowed.app
    if not any(host == one or host.endswith("." + one) for one in ours):
        raise _foreign(host[:80], ours, selling=selling)


def own_address(draft: ScriptDraft, allowed: Addresses) -> ScriptDraft:
    """The draft itself, where the address of its card is the bank's own. Raises AddressForeign."""
    url = str(draft.detail.get("url") or "")
    if url:
        require_own(
            url,
            allowed,
            selling=sells(draft.purpose, draft.product_code or draft.product_kind),
        )
    return draft


def _foreign(saw: str, ours: frozenset[str], *, selling: bool = False) -> AddressForeign:
    named = "、".join(sorted(ours)) or "还没有登记"
    return AddressForeign(
        "卖产品的卡片只能打开手机银行或本行的 /o/ 页面" if selling else "卡片的网址不是本行的",
        saw=saw,
        where="策略“触达”的 links",
        do=f"改成 https:// 开头、在这些域名下的网址：{named}；要用新的域名，先在策略里登记",
    )


__all__ = ("Addresses", "own_address", "require_own", "sells")
