"""Text can be read on its ground in every palette, and a bank's own colours are checked."""

import re
from itertools import product

import pytest

from kit.web.brand import PALETTES, BrandRefused, contrast, stylesheet_of
from kit.web.static_files import STATIC_DIR

CSS = (STATIC_DIR / "tokens.css").read_text("utf-8")
NORMAL = [
    ("--ink", "--surface", 7.0), ("--ink", "--bg", 7.0), ("--ink-2", "--surface", 4.5), ("--ink-2", "--surface-2", 4.5),
    ("--ink-2", "--bg", 4.5), ("--ink-2", "--surface-3", 4.5), ("--ink-3", "--surface", 4.5), ("--ink-3", "--bg", 4.5),
    ("--ink-3", "--surface-2", 4.5), ("--ink-3", "--surface-3", 4.5), ("--icon-mute", "--surface", 3.0), ("--brand", "--surface", 4.5),
    ("--brand", "--bg", 4.5), ("--ink-inverse", "--brand", 4.5), ("--ink-inverse", "--brand-strong", 4.5), ("--brand-ink", "--brand-soft", 4.5),
    ("--brand", "--brand-soft", 4.5), ("--ink-3", "--brand-soft", 4.5), ("--ok", "--ok-soft", 4.5), ("--warn", "--warn-soft", 4.5),
    ("--danger", "--danger-soft", 4.5), ("--mute", "--mute-soft", 4.5), ("--ok", "--surface", 4.5), ("--warn", "--surface", 4.5),
    ("--danger", "--surface", 4.5), ("--ink-inverse", "--danger", 4.5), ("--ink-inverse", "--ok", 4.5), ("--ok", "--bg", 4.5),
    ("--danger", "--bg", 4.5), *((f"--p{n}", "--surface", 4.5) for n in range(1, 7)), *((f"--p{n}", "--surface-2", 4.5) for n in range(1, 7)),
]  # fmt: skip


def tokens(palette: str) -> dict[str, str]:
    """The colours of tokens.css with a palette laid over them."""
    selector = f'html[data-brand="{palette}"]'
    blocks = [r":root \{(.*?)\n\}"] + ([re.escape(selector) + r" \{(.*?)\n\}"] if palette else [])
    found: dict[str, str] = {}
    for block in blocks:
        match = re.search(block, CSS, re.DOTALL)
        assert match, block
        found |= dict(re.findall(r"(--[\w-]+): (#[0-9A-Fa-f]{6})", match.group(1)))
    return found


@pytest.mark.parametrize(("palette", "pair"), list(product(PALETTES, NORMAL)))
def test_text_can_be_read_on_its_ground(palette: str, pair: tuple[str, str, float]) -> None:
    colours = tokens(palette)
    text, ground, least = pair
    assert contrast(colours[text], colours[ground]) >= least


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


OWN = {
    "brand": "#7A1F5C",
    "brand_strong": "#5B1444",
    "brand_soft": "#F8EBF4",
    "brand_line": "#E3BFD6",
    "brand_ink": "#5B1444",
}


def test_a_bank_lays_its_five_colours_over_the_tokens() -> None:
    css = stylesheet_of(OWN)
    assert "--brand: #7A1F5C;" in css
    assert "--focus: 0 0 0 3px rgba(122, 31, 92, .35);" in css


def test_a_brand_colour_that_nobody_could_read_is_refused() -> None:
    with pytest.raises(BrandRefused, match="对比度") as refusal:
        stylesheet_of({**OWN, "brand": "#F5A623"})
    assert refusal.value.code == "E-1040"
    assert "4.5" in refusal.value.do


@pytest.mark.parametrize("value", ["red", "#FFF", "", "#12345G", "#123456;}body{display:none"])
def test_what_is_not_a_colour_is_refused(value: str) -> None:
    with pytest.raises(BrandRefused):
        stylesheet_of({**OWN, "brand_line": value})
