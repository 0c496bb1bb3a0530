"""A batch makes the collector look seldom, and gives it back its own pace."""

import gc

from kit.collecting import SELDOM, seldom


def test_batches_within_each_other_give_the_usual_pace_back_at_the_end() -> None:
    usual = gc.get_threshold()
    with seldom():
        with seldom():
            assert gc.get_threshold() == SELDOM
        assert gc.get_threshold() == SELDOM
    assert gc.get_threshold() == usual


def test_a_batch_that_fails_gives_it_back_too() -> None:
    usual = gc.get_threshold()
    try:
        with seldom():
            raise ValueError
    except ValueError:
        pass
    assert gc.get_threshold() == usual
