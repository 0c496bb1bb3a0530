"""A bank's name and colours on every page: five colours, checked to be readable."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kit.errors import ConfigurationRefused

PALETTES = ("", "cinnabar", "jade")
"""Palettes that ship in tokens.css; "" is ink blue."""
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_WHITE = "#FFFFFF"
_NAMES = ("brand", "brand_strong", "brand_soft", "brand_line", "brand_ink")
_PAIRS = (
    ("brand", "white"), ("brand_strong", "white"), ("brand", "brand_soft"), ("brand_ink", "brand_soft"),
)  # fmt: skip


class BrandRefused(ConfigurationRefused):
    """A brand colour is not a colour, or text in it could not be read (WCAG AA, 4.5:1)."""

    code = "E-1040"


@dataclass(frozen=True, slots=True)
class Brand:
    """What pages say about whose they are. ``stylesheet`` is the URL of ``stylesheet_of``."""

    bank: str
    product: str = "企微经营平台"
    palette: str = ""
    stylesheet: str = ""


def luminance(colour: str) -> float:
    """Relative luminance of ``#RRGGBB`` (WCAG 2.1)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.03928 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two ``#RRGGBB`` colours, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def stylesheet_of(colours: Mapping[str, str]) -> str:
    """The style sheet that lays a bank's five colours over the tokens. Raises BrandRefused."""
    missing = [name for name in _NAMES if not _COLOUR.fullmatch(colours.get(name, ""))]
    if missing:
        name = missing[0]
        raise BrandRefused(
            f"品牌色 {name} 不是 #RRGGBB",
            saw=colours.get(name, ""),
            do="写成六位十六进制，例如 #1B56B5",
        )
    shades = {**colours, "white": _WHITE}
    for text, ground in _PAIRS:
        ratio = contrast(shades[text], shades[ground])
        if ratio < 4.5:
            raise BrandRefused(
                f"品牌色 {text} 与 {ground} 的对比度只有 {ratio:.1f}:1，文字会看不清",
                saw=f"{shades[text]} / {shades[ground]}",
                do="把颜色调深一些，至少 4.5:1",
            )
    red, green, blue = (int(colours["brand"][place : place + 2], 16) for place in (1, 3, 5))
    lines = [f"  --{name.replace('_', '-')}: {colours[name]};" for name in _NAMES]
    lines += [
        f"  --focus: 0 0 0 3px rgba({red}, {green}, {blue}, .35);",
        f"  --chart-1: {colours['brand']}; --chart-2: {colours['brand_line']};",
    ]
    return ":root {\n" + "\n".join(lines) + "\n}\n"
