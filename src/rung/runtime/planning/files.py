"""Which file is which weight of a variant, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping

from rung.runtime.planning.ground import Ground
from rung.runtime.planning.words import listed, size
from rung.runtime.sections import section
from rung.runtime.spec import Rejection, Variant, Weights


def weight_paths(variant: Variant, ground: Ground) -> Mapping[str, str] | Rejection:
    """Weights.name -> path: the user's own file first, then what the cache holds."""
    own = _own_files(variant, ground)
    if isinstance(own, Rejection):
        return own
    wanted = [w for w in variant.weights if w.beside not in own]
    paths = {w.name: own.get(w.name) or ground.facts.weights.get(w.name, "") for w in wanted}
    missing = [w for w in wanted if not paths[w.name]]
    return _missing(variant, missing, ground) if missing else paths


def _own_files(variant: Variant, ground: Ground) -> Mapping[str, str] | Rejection:
    """The files that the user gives, by full name; those of a recipe's inputs are the store's affair."""
    found = {}
    first = [w.name for w in variant.weights if not w.beside]
    inputs = list(dict.fromkeys(name for w in variant.weights for name in _input_names(w)))
    rest = [w.name for w in variant.weights if w.beside] + inputs
    for ending, path in ground.wishes(variant).weights.items():
        fitting = _fitting(ending, first) or _fitting(ending, rest)
        if len(fitting) != 1:
            named = f"{ending!r} fits" if ending else "one path is given for"
            reason = f"{variant.name}: {section(variant.name)} weights: {named} {len(fitting)} of its files."
            files = listed(first + rest)
            return Rejection(variant=variant.name, code="config", reason=reason, remedy=f"Its files are {files}.")
        found[fitting[0]] = path
    return found


def _fitting(ending: str, names: list[str]) -> list[str]:
    return [name for name in names if name == ending] or [name for name in names if name.endswith(ending)]


def _input_names(weights: Weights) -> list[str]:
    return [name for w in weights.inputs for name in (w.name, *_input_names(w))]


def _missing(variant: Variant, missing: list[Weights], ground: Ground) -> Rejection:
    if unseen := [w.name for w in missing if not w.sha256]:
        reason = f"{variant.name}: {listed(unseen)} not on this machine, and no source that we could check is known."
        files = ", ".join(f'"{name}" = "/where/it/is"' for name in unseen)
        remedy = f"Give your own: {section(variant.name)} weights = {{ {files} }}"
        return Rejection(variant=variant.name, code="weights", reason=reason, remedy=remedy)
    names = listed([w.name for w in missing])
    total = size(sum({w.name: w.size for one in missing for w in _to_fetch(one)}.values()))
    reason = f"{variant.name}: {names} not on this machine ({total} to fetch)."
    remedy = f"rung weights pull {variant.name}"
    if ground.settings.offline:
        remedy = f"Unset RUNG_OFFLINE and run `{remedy}`, or give a local file: {section(variant.name)} weights."
    elif any(w.licence.gated for w in missing):
        remedy += " (after accepting the licence at the source)"
    return Rejection(variant=variant.name, code="weights", reason=reason, remedy=remedy)


def _to_fetch(weights: Weights) -> list[Weights]:
    return [w for part in weights.inputs for w in _to_fetch(part)] if weights.inputs else [weights]
