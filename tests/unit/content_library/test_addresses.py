"""A card of the bank leads to the bank: to its own hosts, and to its App where it sells."""

import pytest

from content_library.addresses import Addresses, own_address, require_own
from content_library.errors import AddressForeign
from content_library.facts import Form, Library, ScriptDraft

OURS = Addresses(
    frozenset({"qinghe.example", "app.qinghe.example"}), frozenset({"app.qinghe.example"})
)


@pytest.mark.parametrize(
    "url",
    [
        "https://qinghe.example/a",
        "https://www.qinghe.example:443/a?b=c",
        "https://QINGHE.example./",
    ],
)
def test_the_banks_own_hosts_pass(url: str) -> None:
    require_own(url, OURS)


@pytest.mark.parametrize(
    "url",
    [
        "http://qinghe.example/a",
        "https://qinghe.example.evil.example/",
        "https://evilqinghe.example/",
        "https://qinghe.example@evil.example/",
        "https://evil.example\\@qinghe.example/",
        "https://qinghe.example:8443/",
        "https://[::1",
        "javascript:alert(1)",
        "//qinghe.example/",
        "",
    ],
)
def test_whatever_only_looks_like_the_bank_is_refused(url: str) -> None:
    with pytest.raises(AddressForeign):
        require_own(url, OURS)


@pytest.mark.mission("C4")
def test_a_card_that_sells_leads_into_the_app_or_to_our_pages() -> None:
    card = ScriptDraft(
        "link.fund", "均衡混合", "media.link", "marketing", "看看这只基金",
        form=Form.ATTACHMENT, library=Library.MEDIA, product_kind="fund",
        detail={"kind": "link", "url": "https://www.qinghe.example/fund"},
    )  # fmt: skip
    with pytest.raises(AddressForeign, match="手机银行"):
        own_address(card, OURS)
    for url in ("https://app.qinghe.example/p/1", "https://qinghe.example/o/c/x"):
        require_own(url, OURS, selling=True)
    with pytest.raises(AddressForeign):
        require_own("https://evil.example/o/c/x", OURS, selling=True)
