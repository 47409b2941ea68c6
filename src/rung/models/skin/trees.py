"""Answers of gradient-boosted trees from the JSON file that XGBoost writes, without XGBoost.

Its JSON is stable from version to version. Numbers are compared and added as 32-bit floats, as the library does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rung.runtime.errors import LoadFailed

Singles = NDArray[np.float32]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees of one booster, side by side: the nodes of tree t lie in row t.

    left, right: the next node, the node itself at a leaf. feature, value: what is compared with what; at a leaf `value`
    is its answer. outputs: to which output a tree adds. base: [outputs], what every answer begins with.
    """

    left: Places
    right: Places
    feature: Places
    value: Singles
    outputs: Places
    base: Singles
    depth: int

    def __call__(self, rows: NDArray[np.float64]) -> Singles:
        """[S, outputs] of rows [S, features]; no value may be missing."""
        asked = rows.astype(np.float32)
        trees, every = np.arange(len(self.left))[None, :], np.arange(len(asked))[:, None]
        node = np.zeros((len(asked), len(self.left)), np.int64)
        for _ in range(self.depth):
            goes_left = asked[every, self.feature[trees, node]] < self.value[trees, node]
            node = np.where(goes_left, self.left[trees, node], self.right[trees, node])
        answers = np.tile(self.base, (len(asked), 1))
        for tree, output in enumerate(self.outputs):
            answers[:, output] += self.value[tree, node[:, tree]]
        return answers


def read_forest(path: Path) -> Forest:
    """Raises LoadFailed for a file that is no booster of numeric trees, one output a tree, with a squared error."""
    try:
        learner = json.loads(path.read_text("utf-8"))["learner"]
        return _forest(learner)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LoadFailed(f"{path.name} is no XGBoost model in JSON that can be used here: {error!r}") from error


def _forest(learner: Mapping[str, Any]) -> Forest:
    if (objective := learner["objective"]["name"]) != "reg:squarederror":
        raise ValueError(f"its objective is {objective}, not reg:squarederror")
    model, told = learner["gradient_booster"]["model"], learner["learner_model_param"]
    trees = model["trees"]
    if any(tree["categories"] or int(tree["tree_param"]["size_leaf_vector"]) > 1 for tree in trees):
        raise ValueError("it has categories, or several outputs a tree")
    widest = max(len(tree["left_children"]) for tree in trees)
    left, right, feature = (np.zeros((len(trees), widest), np.int64) for _ in range(3))
    value = np.zeros((len(trees), widest), np.float32)
    for row, tree in enumerate(trees):
        count, here = len(tree["left_children"]), np.arange(len(tree["left_children"]))
        leaf = np.asarray(tree["left_children"]) < 0
        left[row, :count] = np.where(leaf, here, tree["left_children"])
        right[row, :count] = np.where(leaf, here, tree["right_children"])
        feature[row, :count] = np.where(leaf, 0, tree["split_indices"])
        value[row, :count] = np.asarray(tree["split_conditions"], np.float32)
    base = np.asarray(json.loads(told["base_score"]), np.float32).reshape(-1)
    outputs = max(int(told["num_target"]), 1)
    return Forest(
        left=left,
        right=right,
        feature=feature,
        value=value,
        outputs=np.asarray(model["tree_info"], np.int64),
        base=np.broadcast_to(base, (outputs,)).copy(),
        depth=_depth(left, right),
    )


def _depth(left: Places, right: Places) -> int:
    """Steps after which every path has come to a leaf."""
    rows, depth = np.arange(len(left))[:, None], 0
    reached = np.zeros((len(left), 1), np.int64)
    while True:
        below = np.concatenate((left[rows, reached], right[rows, reached]), axis=1)
        inner = left[rows, reached] != reached
        if not inner.any():
            return depth
        reached, depth = below, depth + 1
