"""Signs told from lines in a cut-out that reads to the right."""

import cv2
import numpy as np
from drawn_texts import paper, put, tile

from rung.models.lettering.glyphs import glyphs


def test_halves_of_an_upright_arrow_and_quarters_of_a_ring_are_doubtful_and_figures_are_not() -> None:
    picture = paper(500, 200)
    put(picture, tile("25"), (100, 100), 0)
    cv2.line(picture, (250, 10), (250, 190), 0, 2)
    cv2.fillPoly(picture, [np.array([(250, 112), (244, 86), (256, 86)])], 0)
    cv2.circle(picture, (400, 100), 14, 0, 3)
    cv2.line(picture, (400, 40), (400, 160), 0, 2)
    cv2.line(picture, (340, 100), (460, 100), 0, 2)
    found = glyphs(picture, 24)
    left = found.boxes[:, 0]
    assert not found.doubtful[left < 200].any() and (left < 200).sum() == 2
    assert found.doubtful[left > 200].all() and (left > 200).sum() >= 2
    assert len(found.bars) == 2 and len(found.rules) == 1


def test_the_leg_of_a_surface_symbol_under_its_bar_is_no_sign() -> None:
    picture = paper(400, 200)
    put(picture, tile("Ra"), (220, 110), 0)
    cv2.line(picture, (150, 80), (330, 80), 0, 2)
    cv2.line(picture, (150, 82), (128, 116), 0, 2)
    assert (glyphs(picture, 24).boxes[:, 0] > 170).all()


def test_the_arm_of_a_surface_symbol_over_its_bar_is_no_sign_and_figures_over_a_line_are() -> None:
    picture = paper(400, 200)
    put(picture, tile("Ra171"), (180, 106), 0)
    cv2.line(picture, (60, 124), (300, 124), 0, 2)
    cv2.line(picture, (300, 122), (322, 86), 0, 2)
    found = glyphs(picture, 24).boxes
    assert len(found) == 5 and found[:, 2].max() < 290


def test_the_wide_bar_of_a_plus_minus_is_a_sign_and_the_stub_of_a_line_is_none() -> None:
    picture = paper(400, 200)
    put(picture, tile("12"), (100, 100), 0)
    cv2.line(picture, (150, 98), (174, 98), 0, 2)
    cv2.line(picture, (162, 88), (162, 108), 0, 2)
    cv2.line(picture, (150, 114), (174, 114), 0, 2)
    cv2.line(picture, (250, 114), (274, 114), 0, 2)
    cv2.line(picture, (20, 119), (380, 119), 0, 2)
    boxes = glyphs(picture, 24).boxes
    assert ((boxes[:, 0] > 140) & (boxes[:, 2] < 180)).sum() == 2 and not (boxes[:, 0] > 200).any()
