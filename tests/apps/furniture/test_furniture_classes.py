"""The class table: words, sizes, what a detector has no word for."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rung.apps.furniture.classes import EACH_SD, NINE_OF_TEN, WHOLE_SD, read_table, table


@pytest.mark.parametrize(
    ("word", "name", "size"),
    [
        ("couch", "sofa", None),
        ("Loveseat", "sofa", "2 seats"),
        ("  TV ", "tv", None),
        ("tv_stand", "tv_stand", None),
        ("책상", "desk", None),
        ("built-in wardrobe", "built_in_wardrobe", None),
    ],
)
def test_detectors_and_people_mean_the_same_class_by_their_words(word: str, name: str, size: str | None) -> None:
    found = table().meaning(word)

    assert found is not None and (found.kind.name, found.size) == (name, size)


def test_a_word_that_is_no_furniture_means_nothing() -> None:
    assert table().meaning("person") is None


def test_a_detector_of_coco_is_told_to_have_no_eye_for_wardrobe_desk_drawer_and_bookshelf() -> None:
    coco = ("chair", "couch", "potted plant", "bed", "dining table", "toilet", "tv", "oven", "refrigerator")

    unseen = table().unseen(coco)

    assert {"wardrobe", "desk", "drawer", "bookshelf"} <= set(unseen)
    assert not {"sofa", "bed", "tv", "kitchen_island", "floor", "toilet", "built_in_wardrobe"} & set(unseen)


def test_an_open_vocabulary_asked_for_the_wanted_words_sees_every_class() -> None:
    assert table().unseen(table().wanted) == []
    assert "floor" not in table().wanted


def test_the_prior_knows_that_long_sofas_are_no_higher_than_short_ones() -> None:
    sofa = table().meaning("sofa")
    assert sofa is not None and sofa.prior is not None

    (width, width_sd), _, (height, height_sd) = sofa.prior.mm

    assert 1500 < width < 2600 and width_sd / width > 0.3
    assert height == pytest.approx(900, rel=0.01)
    assert height_sd / height == pytest.approx(math.hypot(0.1, EACH_SD, WHOLE_SD), rel=0.05)


def test_a_word_that_says_the_size_has_a_narrower_prior() -> None:
    sofa, pair = table().meaning("sofa"), table().meaning("loveseat")
    assert sofa is not None and pair is not None and sofa.prior is not None and pair.prior is not None

    assert np.exp(pair.prior.mean) == pytest.approx([2000, 1000, 900])
    assert np.diag(pair.prior.cov)[0] < np.diag(sofa.prior.cov)[0] / 3


def test_the_size_that_is_nearest_is_told_by_all_its_sides() -> None:
    fridge = table().meaning("refrigerator")
    assert fridge is not None

    assert fridge.kind.nearest(np.log([560, 610, 1200])) == "small"
    assert fridge.kind.nearest(np.log([900, 900, 1790])) == "two doors"


def test_an_open_side_holds_nine_of_ten_within_its_ends() -> None:
    text = '[[class]]\nname="t"\nwords=["t"]\nspread=1e-9\nsizes=[{name="a", mm=[100, 100, [50, 200]]}]'
    (size,) = read_table(text).classes[0].sizes

    assert np.exp(size.log[2] + 1.6449 * size.sd[2]) == pytest.approx(200, rel=1e-3)
    assert np.exp(size.log[2] - 1.6449 * size.sd[2]) == pytest.approx(50, rel=1e-3)


def test_a_television_may_hang_on_a_wall_or_stand_on_its_feet() -> None:
    found = table().meaning("tv")
    assert found is not None

    for size in found.kind.sizes:
        off = (np.log([60, 300]) - size.log[1]) / size.sd[1]
        assert abs(off).max() < NINE_OF_TEN


def test_what_no_table_says_is_partly_common_to_a_pieces_sides() -> None:
    pair = table().meaning("loveseat")
    assert pair is not None and pair.prior is not None

    assert pair.prior.cov[0, 1] == pytest.approx(WHOLE_SD**2)
    assert pair.prior.cov[0, 0] == pytest.approx(0.1**2 + EACH_SD**2 + WHOLE_SD**2)


def entry(name: str, word: str, size: str = "") -> str:
    return f'[[class]]\nname="{name}"\nwords=["{word}"]\nsizes=[{size}]\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[[class]]\nname="a"\nwords=["x"]\nsizes=[]\n[[class]]\nname="b"\nwords=["X"]\nsizes=[]',
            "'x' stands for a and for b",
        ),
        ('[[class]]\nname="a"\nwords=["x"]\nsizes=[{name="s", mm=[1, 2]}]', "has 2 sides"),
        ('[[class]]\nname="a"\nwords=["x"]\nsizes=[{name="s", mm=[1, 2, -1]}]', "millimetres is none"),
    ],
)
def test_a_table_that_says_two_things_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_table(text)
