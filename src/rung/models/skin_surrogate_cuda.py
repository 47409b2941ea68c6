"""The same trees on a GPU, by XGBoost itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import numpy as np
import xgboost
from numpy.typing import NDArray

from rung.models.skin.surrogate import Predict
from rung.models.skin_surrogate import SkinSurrogate
from rung.runtime.model import Context
from rung.runtime.tasks import Surface


class SkinSurrogateCuda(SkinSurrogate):
    """Boosters of the library, on the device of the plan."""

    def load(self, context: Context) -> None:
        """As without a GPU, then the boosters go to the device."""
        self._device = context.device
        super().load(context)

    def _boosters(self, folder: Path) -> Mapping[Surface, Predict]:
        return {surface: self._booster(folder / f"{surface}.json") for surface in get_args(Surface)}

    def _booster(self, path: Path) -> Predict:
        booster = xgboost.Booster(model_file=path)
        booster.set_param({"device": self._device})

        def predict(rows: NDArray[np.float64]) -> NDArray[np.float32]:
            return np.asarray(booster.predict(xgboost.DMatrix(rows.astype(np.float32))))

        return predict
