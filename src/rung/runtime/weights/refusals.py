"""The sentences in which the store says no: which file, why, both hashes, and what would help."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rung.runtime.errors import Offline, WeightsCorrupt, WeightsError, WeightsMissing
from rung.runtime.spec import Weights
from rung.runtime.weights.presence import Found


def own(weights: Weights, path: Path) -> Path:
    """The user's own file, or WeightsMissing when the configured path holds none."""
    if not path.is_file():
        raise WeightsMissing(
            f"{weights.name}: the configuration names {path}, and no file is there; "
            "put it there, or take the entry out of [variant.NAME] weights",
            name=weights.name,
            path=str(path),
        )
    return path


def stranger(found: Found) -> WeightsCorrupt:
    """Something else lies under the final name. It may be the user's: nothing is deleted, nothing is fetched."""
    weights = found.weights
    return WeightsCorrupt(
        f"{weights.name}: {found.path} has sha256 {found.sha256} ({found.size} bytes), the catalogue says "
        f"{weights.sha256} ({weights.size} bytes); move it away and pull again, "
        "or, if it is what you want, name it under [variant.NAME] weights",
        name=weights.name,
        path=str(found.path),
        found=found.sha256,
        expected=weights.sha256,
    )


def all_failed(
    weights: Weights, target: Path, failed: Sequence[tuple[str, WeightsError]], *, offline: bool
) -> WeightsError:
    """Every source with its reason, and what a person can do."""
    kind: type[WeightsError]
    if offline:
        head, kind = f"RUNG_OFFLINE=1 forbids the network, and {weights.name} is not here", Offline
    elif any(isinstance(error, WeightsCorrupt) for _, error in failed):
        head, kind = f"{weights.name}: no source gave the file that the catalogue names", WeightsCorrupt
    else:
        head, kind = f"{weights.name} could not be had from any source", WeightsError
    reasons = (
        "".join(f"\n  {name}: {_indented(error.message)}" for name, error in failed)
        or "\n  (the catalogue names no source)"
    )
    bring = f"bring the file (sha256 {weights.sha256}, {weights.size} bytes) from another machine to {target}, or "
    return kind(
        f"{head}:{reasons}\n  Remedy: {bring if weights.sha256 else ''}"
        f"set [variant.NAME] weights = {{ {weights.name!r} = '/where/it/is' }}",
        name=weights.name,
        sha256=weights.sha256,
        path=str(target),
        reasons=[{"source": name, "reason": error.message} for name, error in failed],
    )


def _indented(message: str) -> str:
    """The reason of an input stands below its derived file's, one step to the right."""
    return message.replace("\n", "\n  ")
