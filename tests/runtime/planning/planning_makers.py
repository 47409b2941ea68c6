"""Small makers of variants, machines and settings for the tests of planning."""

from dataclasses import replace

from rung.runtime.planning.plan import make_plan
from rung.runtime.settings import MachineSettings, Settings, VariantSettings
from rung.runtime.spec import Device, Facts, Footprint, GiB, Licence, Machine, Placeable, Runtime, Variant, Weights

APACHE = Licence(name="Apache-2.0", commercial=True, verified=True)
RUNTIMES = {"onnx": Runtime(name="onnx", modules=("onnxruntime",), extra="onnx")}


def gib(count: float) -> int:
    return int(count * GiB)


def place(device="cpu", peak=1.0, precision="fp32", **more) -> Placeable:
    return Placeable(device=device, precision=precision, footprint=Footprint(resident=gib(peak)), **more)


def weights(name="w.onnx", licence=APACHE, **more) -> Weights:
    return Weights(name=name, size=gib(0.5), sha256="0", licence=licence, **more)


def variant(name="v", *places: Placeable, **more) -> Variant:
    more = {"task": "segment", "kind": "real", "verified": "ran", **more}
    return Variant(name=name, title=name, loader="m:C", runtime="onnx", places=places or (place(),), **more)


def machine(ram=32.0, cards=(), cores=8, **more) -> Machine:
    """An idle machine with cards of these sizes in GiB."""
    cpu = Device(id="cpu", kind="cpu", memory_total=gib(ram), memory_free=gib(ram))
    gpus = [
        Device(id=f"cuda:{i}", kind="cuda", memory_total=gib(size), memory_free=gib(size))
        for i, size in enumerate(cards)
    ]
    fields = {"name": "m", "cores": cores, "ram_total": gib(ram), "ram_free": gib(ram), "devices": (cpu, *gpus)}
    return Machine(**{**fields, **more})


def settings(machine: MachineSettings | None = None, **more) -> Settings:
    base = Settings(data_dir="/d", cache_dir="/c", machine=machine or MachineSettings())
    return replace(base, **more)


def wishes(name: str, **more) -> Settings:
    return settings(variants={name: VariantSettings(**more)})


def plan_of(ladder, on: Machine | None = None, by: Settings | None = None, facts: Facts | None = None, task="segment"):
    """The one task's plan; every weight file is here unless `facts` says otherwise."""
    here = facts or Facts(weights={w.name: f"/c/{w.name}" for v in ladder for w in v.weights})
    return make_plan(on or machine(), {task: ladder}, RUNTIMES, here, by or settings()).tasks[task]


def only(ladder, *args, **more):
    """The single rung of a plan that must have one and no rejection."""
    task = plan_of(ladder, *args, **more)
    assert task.rejected == (), task.rejected
    (rung,) = task.rungs
    return rung


def refused(ladder, *args, **more):
    """The single rejection of a plan that must have no rung."""
    task = plan_of(ladder, *args, **more)
    assert task.rungs == (), task.rungs
    (rejection,) = task.rejected
    return rejection
