"""A page gets its transaction from the guard, which holds it to the scope of whoever asks.

A transaction that a page opened by itself would see every customer (decision 0013).
"""

from tests.unit.house.sources import Source, calls, dotted, sources

PAGES = ("console", "bot.sidebar")
OPENS = ("reading", "transaction", "rehearsal")
BY_ITSELF = {
    "console.refusals": "confines it by hand: the refused page's own transaction is over",
    "console.sign_in": "nobody is signed in yet; the demo's role switch reads staff alone",
}


def _opened(source: Source) -> list[int]:
    return [
        one.lineno for one in calls(source.tree) if dotted(one.func).rpartition(".")[2] in OPENS
    ]


def test_no_page_opens_a_transaction_of_its_own() -> None:
    pages = [one for one in sources() if one.module.startswith(PAGES)]
    assert len(pages) > 30
    found = {one.module: _opened(one) for one in pages if _opened(one)}
    assert set(found) == set(BY_ITSELF)
    assert all(len(lines) == 1 for lines in found.values())


def test_the_page_of_a_refusal_is_confined_before_it_asks_anything() -> None:
    [refusals] = [one for one in sources() if one.module == "console.refusals"]
    [opened] = _opened(refusals)
    confined = [one.lineno for one in calls(refusals.tree) if dotted(one.func) == "site.confine"]
    assert confined == [opened + 1]
