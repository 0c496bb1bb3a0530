"""A product text must say what the law wants said."""

import pytest

from compliance.screening.disclosures import load_elements, missing_disclosures
from compliance.screening.rulebook import DEFAULT_PATH, PRODUCTS

ELEMENTS = load_elements(DEFAULT_PATH / "disclosures.toml")


@pytest.mark.parametrize("product", sorted(PRODUCTS))
def test_a_text_that_says_everything_lacks_nothing(product: str) -> None:
    text = "；".join(element.say for element in ELEMENTS if product in element.products)
    assert missing_disclosures(text, product=product) == ()


@pytest.mark.parametrize("product", sorted(PRODUCTS))
def test_a_bare_announcement_lacks_at_least_three_elements(product: str) -> None:
    assert len(missing_disclosures("新品上线，欢迎咨询", product=product)) >= 3


def test_leaving_one_element_out_never_hides_another() -> None:
    noticed = 0
    for product in PRODUCTS:
        due = [element for element in ELEMENTS if product in element.products]
        for left_out in due:
            text = "；".join(one.say for one in due if one is not left_out)
            names = {element.name for element in missing_disclosures(text, product=product)}
            assert names <= {left_out.name}
            noticed += bool(names)
    assert noticed >= 25


def test_deposit_insurance_may_only_be_quoted_with_its_limit() -> None:
    base = "一年期利率1.10%，50元起存，提前支取按活期计息。"
    lacking = missing_disclosures(base + "本行已参加存款保险", product="deposit")
    assert [element.name for element in lacking] == ["存款保险限额原文"]
    assert missing_disclosures(base, product="deposit") == ()


def test_an_unknown_product_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown product"):
        missing_disclosures("文字", product="trust")
