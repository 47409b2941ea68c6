"""4 pictures x 3 objects through the pipeline and the real scheduler on 4 devices in virtual time, as in the bench."""

from __future__ import annotations

import random
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[3] / "bench"))
from _flat import DETECT_S, DEVICES, GOAL, OBJECT_S, SEEDS, makespan_s, ratio


def test_equal_objects_keep_four_devices_busy_to_the_end() -> None:
    took, busy = makespan_s([[OBJECT_S] * 3] * 4, random.Random(0))

    best = DETECT_S + 3 * OBJECT_S
    assert best <= took <= GOAL * best
    assert busy / took > 0.95 * len(DEVICES)


def test_unequal_objects_end_near_the_shortest_possible() -> None:
    ratios = [ratio(seed) for seed in range(SEEDS)]

    assert min(ratios) >= 1 and sum(ratios) / SEEDS <= GOAL
