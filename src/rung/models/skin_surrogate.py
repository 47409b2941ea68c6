"""The rungs of `predict-tolerance` that ask trees trained on simulations, inside their training range only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import get_args

from rung.models.skin.simulation import assumptions
from rung.models.skin.surrogate import FOLDER, Predict, answer, outside, read_card
from rung.models.skin.trees import read_forest
from rung.runtime.errors import OutsideRange
from rung.runtime.model import Call, Context, Error, Outcome, Result
from rung.runtime.tasks import Surface, ToleranceInput, ToleranceOutput, check_tolerance


class SkinSurrogate:
    """The trees of XGBoost's JSON, walked by numpy."""

    def load(self, context: Context) -> None:
        """Read both boosters and the card. LoadFailed where one cannot be used."""
        self._card = read_card(FOLDER)
        self._predict = self._boosters(FOLDER)

    def _boosters(self, folder: Path) -> Mapping[Surface, Predict]:
        return {surface: read_forest(folder / f"{surface}.json") for surface in get_args(Surface)}

    def run(self, calls: Sequence[Call[ToleranceInput]]) -> Iterator[tuple[int, Outcome]]:
        """An answer per call; an Error OutsideRange where the next rung has to answer."""
        for index, call in enumerate(calls):
            call.check()
            check_tolerance(call.input)
            why = outside(call.input, self._card.range)
            yield index, Error(OutsideRange(f"{why}.")) if why else Result(self._answer(call.input))

    def _answer(self, asked: ToleranceInput) -> ToleranceOutput:
        return ToleranceOutput(
            zones=answer(asked, self._predict[asked.surface]),
            how="surrogate",
            error=self._card.error,
            assumptions=assumptions(asked),
        )
