"""Adapter of the published diffusion pipelines, one worker for all members of a group: `generate` and `edit`.

A variant of it names its pipeline in `options.pipeline` (a key of FAMILIES), its components after that class's
arguments, and its files `<anything>/<argument>/<file>` as they are published. Options: `steps` and `guidance` where a
call gives none, and `tiled`, which decodes large pictures in tiles (less memory, not bit for bit the same).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image

from rung.models.diffusion_families import FAMILIES, Family, generator, rename_of
from rung.models.pictures import decode
from rung.models.torch.components import Part, Recipe, Store
from rung.models.torch.compressed import holds
from rung.models.torch.device import Device, TorchDevice
from rung.models.torch.ladder import Ladder
from rung.models.torch.model import DTYPES, STORED, TorchModel, computed_in
from rung.runtime.errors import InvalidInput, LoadFailed
from rung.runtime.model import Call, Context, Member, Outcome, Result
from rung.runtime.tasks import EditInput, EditOutput, GenerateOutput, Pixels

_MULTIPLE = 16
_MOST_PICTURES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    """A member: its pipeline, and the components that it is made of, in the order of a call."""

    member: Member
    family: Family
    pipeline: Any
    parts: Sequence[Part]


class Diffusion(TorchModel):
    """device_of: the device that the components see; a test gives one that counts."""

    device_of: Callable[[Any], Device] = TorchDevice

    def prepare(self, context: Context) -> None:
        """Every member's pipeline over one store of components."""
        self.store = Store(self.device_of(self.device), context.room)
        self._loaded = {name: self._load(member) for name, member in context.members.items()}
        self.ladder = Ladder(self.store, {name: (one.member, one.parts) for name, one in self._loaded.items()})
        self.ladder.settle()

    def _load(self, member: Member) -> _Loaded:
        family = _family(member)
        folders = _folders(member)
        modules, parts = {}, []
        for name in family.modules:
            part = self._part(member, family, name, folders.get(name, {}))
            parts.append(part)
            modules[name] = part.module
        if member.precision in STORED and not any(part.kept for part in parts):
            raise LoadFailed(
                f"{member.variant} is to run in {member.precision}, and none of its files holds weights stored so: "
                f"`rung weights quantize` makes such a variant of one that runs in {', '.join(DTYPES)}."
            )
        with tempfile.TemporaryDirectory() as folder:
            beside = {name: make(_laid_out(Path(folder), name, folders)) for name, make in family.beside.items()}
        pipeline = family.pipeline(**modules, **beside)
        pipeline.set_progress_bar_config(disable=True)
        if member.options.get("tiled"):
            pipeline.vae.enable_tiling()
        return _Loaded(member=member, family=family, pipeline=pipeline, parts=parts)

    def _part(self, member: Member, family: Family, name: str, files: Mapping[str, Path]) -> Part:
        component = next((c for c in member.components if c.name == name), None)
        if component is None or "config.json" not in files:
            lacks = "declares no such component" if component is None else "its config.json is not among the weights"
            raise LoadFailed(f"{member.variant}: {name} is needed, and {lacks}.")
        config = json.loads(files["config.json"].read_text("utf-8"))
        weights = [path for file, path in files.items() if ".safetensors" in file]
        recipe = Recipe(
            name=name,
            make=lambda: family.modules[name](config),
            files=weights,
            dtype=computed_in(member.precision, str(self.device), member.variant),
            kept=member.precision if holds(weights, member.precision) else "",
            rename=rename_of(family, name),
            ignored=family.ignored,
        )
        # Equal bytes are one component only where they become the same kind of module with the same weights.
        return self.store.part(f"{component.key} {recipe.dtype} {recipe.kept} {id(family.modules[name])}", recipe)

    def answers(self, calls: Sequence[Call[Any]]) -> Iterator[tuple[int, Outcome]]:
        """One picture after the other; what is cancelled stops at its next step."""
        for index, call in enumerate(calls):
            pixels = self.ladder.run(call, partial(_picture, self._loaded[call.variant], call))
            made = EditOutput if isinstance(call.input, EditInput) else GenerateOutput
            yield index, Result(made(pixels=pixels))


def _family(member: Member) -> Family:
    name = str(member.options.get("pipeline", ""))
    if name not in FAMILIES:
        raise LoadFailed(f"{member.variant}: options.pipeline is {name!r}; it may be {', '.join(FAMILIES)}.")
    family = FAMILIES[name]
    if (member.task == "edit" and not family.edits) or (member.task == "generate" and not family.generates):
        raise LoadFailed(f"{member.variant}: {name} does not {member.task}.")
    return family


def _folders(member: Member) -> dict[str, dict[str, Path]]:
    """Folder -> file name -> path, of files that lie anywhere."""
    folders: dict[str, dict[str, Path]] = {}
    for name, path in member.weights.items():
        place = PurePosixPath(name)
        folders.setdefault(place.parent.name, {})[place.name] = path
    return folders


def _laid_out(root: Path, name: str, folders: Mapping[str, Mapping[str, Path]]) -> Path:
    """A folder as the libraries want it: tokenizers and processors are read by the names of their files."""
    for folder, files in folders.items():
        (root / folder).mkdir(exist_ok=True)
        for file, path in files.items() if ".safetensors" not in folder else ():
            link = root / folder / file
            if not link.exists():
                link.symlink_to(path)
    return root / name


def _arguments(loaded: _Loaded, call: Call[Any]) -> dict[str, Any]:
    """What the pipeline is told. Raises InvalidInput for sizes that it would silently change."""
    asked, member = call.input, loaded.member
    for side, what in ((asked.width, "width"), (asked.height, "height")):
        if side is not None and (side % _MULTIPLE or side < _MULTIPLE):
            raise InvalidInput(f"{what} is {side}; it must be a multiple of {_MULTIPLE} pixels.", field=what)
    steps = asked.steps or int(member.options.get("steps", 4))
    most = member.caps.get("steps", steps)
    if steps > most:
        call.warn(f"{member.variant}: {steps} steps were asked for, {most} are the most here")
    told = {
        "prompt": asked.prompt,
        "width": asked.width,
        "height": asked.height,
        "num_inference_steps": min(steps, most),
        "generator": generator(call.seed),
        "callback_on_step_end": _checked(call),
        **_guidance(loaded, call),
    }
    return {**told, **({"image": _pictures(asked, loaded)} if isinstance(asked, EditInput) else {})}


def _guidance(loaded: _Loaded, call: Call[Any]) -> dict[str, Any]:
    """A distilled model heeds none, and says so when it is given one."""
    asked, family, options = call.input, loaded.family, loaded.member.options
    fixed = bool(options.get("distilled"))
    if fixed and (asked.guidance is not None or asked.negative):
        call.warn(f"{loaded.member.variant} is distilled: guidance and negative prompts have no effect")
    guidance = options.get("guidance", 1.0) if fixed or asked.guidance is None else asked.guidance
    told: dict[str, Any] = {family.guidance: float(guidance)}
    if family.negative and not fixed and float(guidance) > 1:
        told["negative_prompt"] = asked.negative or " "  # none at all would switch guidance off
    elif asked.negative and not fixed:
        call.warn(f"{loaded.member.variant} takes no negative prompt at this guidance")
    return told


def _pictures(asked: EditInput, loaded: _Loaded) -> list[Any]:
    least = loaded.family.least
    if not 1 <= len(asked.pictures) <= _MOST_PICTURES:
        raise InvalidInput(f"{len(asked.pictures)} pictures were given; one to {_MOST_PICTURES} are taken.")
    for one in asked.pictures:
        if min(one.width, one.height) < least:
            name = loaded.member.variant
            raise InvalidInput(f"The picture is {one.width}x{one.height}; {name} needs {least} pixels on each side.")
    return [Image.fromarray(decode(picture)) for picture in asked.pictures]


def _checked(call: Call[Any]) -> Callable[..., dict[str, Any]]:
    """After every step: nobody wants the call any more? Then it ends here."""

    def after_step(_pipeline: Any, _step: int, _time: Any, told: dict[str, Any]) -> dict[str, Any]:
        call.check()
        return told

    return after_step


def _picture(loaded: _Loaded, call: Call[Any]) -> Pixels:
    """Once more from the seed each time that it is begun."""
    (image,) = loaded.pipeline(**_arguments(loaded, call), output_type="np").images
    return np.ascontiguousarray((np.clip(image, 0, 1) * 255).round().astype(np.uint8))
