"""CTC answers read out: against all paths counted one by one, and along a language."""

import itertools

import numpy as np
import pytest

from rung.models.ctc import greedy, texts


def counted(shares: np.ndarray, signs: str) -> dict[str, float]:
    """Every text with the sum of its paths' shares."""
    found: dict[str, float] = {}
    for path in itertools.product(range(shares.shape[1]), repeat=len(shares)):
        kept = [place for step, place in enumerate(path) if place and (step == 0 or path[step - 1] != place)]
        text = "".join(signs[place - 1] for place in kept)
        found[text] = found.get(text, 0.0) + float(np.prod([shares[step, place] for step, place in enumerate(path)]))
    return found


class Even:
    """Texts of an even number of signs, none of them `b`."""

    start = 0

    def step(self, state: int, sign: str) -> int | None:
        return None if sign == "b" else 1 - state

    def accepts(self, state: int) -> bool:
        return state == 0


@pytest.mark.parametrize("seed", range(5))
def test_a_wide_search_finds_every_text_with_all_its_paths(seed: int) -> None:
    shares = np.random.default_rng(seed).dirichlet(np.full(3, 0.5), size=6).astype(np.float32)
    exact = counted(shares, "ab")
    found = texts(shares, "ab", width=1000)
    assert found[0].text == max(exact, key=lambda text: exact[text])
    assert all(one.chance == pytest.approx(exact[one.text], abs=2e-3) for one in found)


def test_only_texts_of_the_language_are_given_with_the_chance_that_they_had() -> None:
    shares = np.array([[0.1, 0.2, 0.7], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1]], np.float32)
    exact = counted(shares, "ab")
    found = texts(shares, "ab", Even(), width=100)
    assert {one.text for one in found} == {"", "aa"}
    assert {one.text: pytest.approx(one.chance, abs=1e-3) for one in found} == {"": exact[""], "aa": exact["aa"]}


def test_two_equal_signs_are_two_only_with_a_blank_between_them() -> None:
    once, twice = [[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    for shares, text in ((once, "1"), (twice, "11")):
        assert greedy(np.array(shares, np.float32), "1") == text
        assert [one.text for one in texts(np.array(shares, np.float32), "1")] == [text]


def test_an_answer_that_no_text_of_the_language_can_give_has_none() -> None:
    assert texts(np.array([[0.0, 0.0, 1.0]], np.float32), "ab", Even()) == []
