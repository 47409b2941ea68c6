"""How any SAM answers a click: one encoding per picture, the right one of the masks, errors of their own."""

import numpy as np
import pytest
from fake_call import FakeCall, answer, disc, png, points

from rung.models import sam_click, sam_frame
from rung.models.sam_click import best_of_all, single_or_nested
from rung.runtime.errors import Cancelled, UnsupportedMedia
from rung.runtime.model import Error, Result
from rung.runtime.tasks import Picture, SegmentInput


class Counting:
    """A net whose embedding is the mean colour and whose masks are four squares; it counts."""

    def __init__(self) -> None:
        self.encoded = self.decoded = 0
        self._net = sam_click.Net(
            variant="counting",
            frame=sam_frame.letterboxed,
            encode=self.encode,
            decode=self.decode,
            pick=single_or_nested,
        )

    def run(self, calls: list[FakeCall]) -> object:
        return sam_click.run(self._net, calls)

    def encode(self, image: np.ndarray) -> dict[str, np.ndarray]:
        self.encoded += 1
        return {"mean": image.mean(axis=(2, 3))}

    def decode(self, embedding: object, coords: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.decoded += 1
        logits = np.full((4, 256, 256), -1, np.float32)
        for i in range(4):
            logits[i, : 16 * (i + 1), : 16 * (i + 1)] = 1
        return logits, np.array([0.9, 0.5, 1.2, 0.7], np.float32)


def test_the_second_click_runs_only_the_decoder() -> None:
    net, kept = Counting(), {}
    picture = png(disc(64, 64, (32, 32), 10)[0])
    for x in (3, 9):
        answer(net, SegmentInput(picture=picture, points=points((x, 3))), kept)
    assert (net.encoded, net.decoded) == (1, 2)
    assert list(kept) == [f"embedding:{picture.key}:counting"]


def test_on_a_hit_the_picture_is_not_even_decoded() -> None:
    net, picture = Counting(), Picture(data=b"gone", key="k", width=64, height=64, media_type="image/png")
    answer(net, SegmentInput(picture=picture, points=points((1, 1))), {"embedding:k:counting": {}})
    assert (net.encoded, net.decoded) == (0, 1)


def test_a_lone_click_gets_the_best_nested_mask_and_two_get_the_single_one() -> None:
    net, picture = Counting(), png(np.zeros((64, 64, 3), np.uint8))
    lone = answer(net, SegmentInput(picture=picture, points=points((1, 1))))
    two = answer(net, SegmentInput(picture=picture, points=points((1, 1), (5, 5, 0))))
    boxed = answer(net, SegmentInput(picture=picture, points=points((1, 1)), box=(0, 0, 9, 9)))
    assert lone.box == (0, 0, 12, 12) and lone.score == 1.0
    assert two.box == boxed.box == (0, 0, 4, 4) and two.score == pytest.approx(0.9)


def test_an_export_without_a_single_mask_answers_with_its_best() -> None:
    net = Counting()
    input = SegmentInput(picture=png(np.zeros((64, 64, 3), np.uint8)), box=(0, 0, 9, 9))
    assert best_of_all(input, net.decode({}, None, None)[1]) == 2  # type: ignore[arg-type]


def test_a_bad_picture_fails_alone() -> None:
    good = SegmentInput(picture=png(np.zeros((64, 64, 3), np.uint8)), points=points((1, 1)))
    bad = SegmentInput(
        picture=Picture(data=b"no", key="b", width=1, height=1, media_type="image/png"), points=points((0, 0))
    )
    outcomes = dict(Counting().run([FakeCall(bad), FakeCall(good)]))  # type: ignore[call-overload]
    assert isinstance(outcomes[0], Error) and isinstance(outcomes[0].error, UnsupportedMedia)
    assert isinstance(outcomes[1], Result)


def test_a_call_cancelled_during_the_encoding_never_reaches_the_decoder() -> None:
    net = Counting()

    class Leaving(FakeCall):
        def check(self) -> None:
            if net.encoded:
                raise Cancelled("gone")

    call = Leaving(SegmentInput(picture=png(np.zeros((8, 8, 3), np.uint8)), points=points((1, 1))))
    ((_, outcome),) = net.run([call])  # type: ignore[attr-defined]
    assert isinstance(outcome, Error) and isinstance(outcome.error, Cancelled) and net.decoded == 0
