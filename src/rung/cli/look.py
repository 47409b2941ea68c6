"""What planning needs to know of this machine or of a described one, gathered for the commands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from rung.cli.catalogue import Ladders, by_name, ladders
from rung.models.catalog import RUNTIMES
from rung.runtime.config import load_settings, machine_from_toml
from rung.runtime.hardware.detect import detect
from rung.runtime.hardware.libraries import runtime_reasons
from rung.runtime.planning.plan import make_plan
from rung.runtime.profile import FOLDER, Damage, Profile
from rung.runtime.settings import MachineSettings, Settings
from rung.runtime.spec import Facts, Machine, Plan, Variant
from rung.runtime.weights.store import open_store

ASSUMED = "assumed"
"""The path of a weight file on a machine that is not here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Settings, variants by name, facts, and the plan that follows. described: the machine comes from a file.

    damaged: files of measurements that cannot be read.
    """

    settings: Settings
    variants: dict[str, Variant]
    machine: Machine
    facts: Facts
    plan: Plan
    described: bool
    damaged: tuple[Damage, ...] = ()


def look_here(config: Path | None = None, *, by_catalogue: bool = False) -> Look:
    """This machine, with the weights and libraries that are here. Raises ConfigError.

    by_catalogue: without what was measured, for who measures: what once came out too large must not stay unmeasured.
    """
    found = ladders()
    settings = load_settings(config, variants=by_name(found), tasks=found)
    store = open_store(settings, by_name(found).values())
    measured, damaged = profile_of(settings).measured()
    facts = Facts(
        weights=store.paths(by_name(found).values()),
        runtimes=runtime_reasons(RUNTIMES),
        measured={} if by_catalogue else measured,
    )
    return replace(_planned(found, detect(settings.machine), facts, settings, described=False), damaged=damaged)


def look_again(look: Look, settings: Settings) -> Look:
    """The same machine and files with other settings. Raises ConfigError."""
    return _planned(ladders(), look.machine, look.facts, settings, described=look.described)


def profile_of(settings: Settings) -> Profile:
    """The measurements of the data folder."""
    return Profile(Path(settings.data_dir) / FOLDER)


def look_at_file(machine: Path, config: Path | None = None) -> Look:
    """The machine that a file describes, with every weight file and library taken as present.

    What is installed here says nothing about that machine, nor does [machine] of rung.toml or
    CUDA_VISIBLE_DEVICES: its devices and budgets are those of the file. Raises ConfigError.
    """
    found = ladders()
    settings = load_settings(config, variants=by_name(found), tasks=found)
    settings = replace(settings, machine=MachineSettings())
    facts = Facts(weights={w.name: ASSUMED for v in by_name(found).values() for w in v.weights})
    return _planned(found, machine_from_toml(machine), facts, settings, described=True)


def _planned(ladders: Ladders, machine: Machine, facts: Facts, settings: Settings, *, described: bool) -> Look:
    plan = make_plan(machine, ladders, RUNTIMES, facts, settings)
    return Look(
        settings=settings,
        variants=by_name(ladders),
        machine=machine,
        facts=facts,
        plan=plan,
        described=described,
    )
