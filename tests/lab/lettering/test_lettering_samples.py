"""Made-up texts and their crops: within the alphabets, the same from the same seed, drawn in whatever font."""

from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest

from rung.lab.lettering import lff, strings
from rung.lab.lettering.crops import sample, spoiled
from rung.lab.lettering.faces import Face, Strokes, face, faces
from rung.lab.lettering.symbols import symbol
from rung.lab.lettering.writing import Hand, written
from rung.models.notation import MODIFIERS, cell_automaton, deviation_automaton, dimension_automaton
from rung.models.signs import ALPHABETS, SIGNS
from rung.models.strips import strip
from rung.runtime.errors import InvalidInput

STICKS = "0,0;0,10;5,10;5,0"


@pytest.fixture
def sticks(tmp_path: Path) -> Face:
    """A stroke font in which every plain sign is the same arch, but the dot."""
    path = tmp_path / "sticks.lff"
    plain = [chr(code) for code in range(33, 127) if chr(code) != "."]
    glyphs = "".join(f"[{ord(sign):04x}] {sign}\n{STICKS}\n\n" for sign in plain)
    path.write_text(f"# LetterSpacing: 2\n# WordSpacing: 6\n[002e] .\n0,0;0,1\n\n{glyphs}", encoding="utf-8")
    return face(path)


def test_made_up_texts_are_of_their_alphabet_and_most_are_of_the_grammar() -> None:
    draw = Random(5)
    dimensions, cells = [strings.dimension(draw) for _ in range(2000)], [strings.frame(draw) for _ in range(500)]
    assert set("".join(dimensions)) <= set(ALPHABETS["dimension"]) and set("".join(cells)) <= set(ALPHABETS["frame"])
    grammars = dimension_automaton(), deviation_automaton()
    known = [any(one.matches(text.replace(",", ".")) for one in grammars) for text in dimensions]
    # Some are of no grammar at all, so that a net learns to read and not to guess.
    assert 0.75 < np.mean(known) < 0.95
    assert np.mean([cell_automaton().matches(text.replace(",", ".")) for text in cells]) > 0.9


def test_spaces_that_people_put_in_change_nothing_of_what_is_said() -> None:
    draw = Random(5)
    texts = [strings.dimension(draw) for _ in range(300)]
    spread = [strings.spread(text, draw, share=1.0) for text in texts]
    assert [one.replace(" ", "") for one in spread] == texts and sum(map(len, spread)) > sum(map(len, texts))


def test_an_lff_font_is_read_with_its_arcs_and_copies_and_its_faulty_lines_passed_over() -> None:
    font = lff.parsed("# WordSpacing: 4\n[0041] A\n0,0;10,0,A1\n1.5A.4,2;3,3\n\n[0042] B\nC0041\n0,0;1,1\n")
    (arc,) = font.strokes["A"]
    assert arc[0] == (0, 0) and arc[-1] == pytest.approx((10, 0))
    # A bulge of 1 is a half circle, counter-clockwise: from left to right it runs below.
    assert min(y for _, y in arc) == pytest.approx(-5, abs=0.2)
    assert font.strokes["B"] == [arc, ((0, 0), (1, 1))] and font.spacings == {"WordSpacing": 4}


def test_every_sign_can_be_written_even_in_a_font_that_has_only_plain_ones(sticks: Face) -> None:
    draw, hand = Random(1), Hand(face=sticks, height=20, width=1.5)
    for sign in SIGNS:
        ink = written(sign, hand, draw)
        assert ink.max() == 255, sign
    assert all(symbol(sign, draw) or sign in MODIFIERS or sign.isascii() for sign in SIGNS)


def test_capitals_come_out_as_high_as_they_are_asked_for(sticks: Face) -> None:
    ink = written("H", Hand(face=sticks, height=20, width=1), Random(1))
    rows = np.flatnonzero(ink.max(axis=1) > 128)
    assert 40 <= rows[-1] - rows[0] + 1 <= 44  # at twice the size, and the stroke's width


def test_a_crop_follows_from_its_seed_alone(sticks: Face) -> None:
    one, same, other = (sample([sticks], Random(seed)) for seed in ("a", "a", "b"))
    assert one.text == same.text and np.array_equal(one.crop, same.crop)
    assert one.text != other.text or not np.array_equal(one.crop, other.crop)


def test_ink_of_crops_is_taken_for_ink_and_wear_keeps_their_size(sticks: Face) -> None:
    for number in range(40):
        one = sample([sticks], Random(number), worn=0)
        ink = cv2.resize(255 - one.crop, (strip(one.crop).shape[1] - 12, 32), interpolation=cv2.INTER_AREA)
        assert np.corrcoef(ink.ravel(), strip(one.crop)[:, 6:-6].ravel())[0, 1] > 0.5, one.text
        assert spoiled(one.crop, Random(number)).shape == one.crop.shape


def test_fonts_that_are_not_installed_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"2 fonts are not installed: no\.ttf, none\.lff"):
        faces(["no.ttf", "none.lff"], [str(tmp_path)])


def test_a_stroke_font_keeps_each_signs_width(sticks: Face) -> None:
    assert isinstance(sticks, Strokes)
    assert sticks.glyphs["."][1] < sticks.glyphs["M"][1] and sticks.glyphs[" "] == ((), 0.6)
