"""Components: made once per content, brought and dropped as the strategy says, and what came back is measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch
from counting import CountingDevice
from safetensors.torch import save_file

from rung.models.torch.components import Part, Recipe, Store
from rung.models.torch.ladder import Ladder
from rung.models.torch.pieces import cut
from rung.runtime.errors import LoadFailed, OutOfMemory
from rung.runtime.model import Member
from rung.runtime.spec import MiB, Strategy

pytestmark = pytest.mark.torch
WIDE = 16
LAYER = 2 * (WIDE * WIDE + WIDE) * 4
"""Bytes of one layer's weights."""


class Layer(torch.nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.up, self.down = torch.nn.Linear(width, width), torch.nn.Linear(width, width)

    def forward(self, x):
        return x + self.down(self.up(x).tanh())


class Net(torch.nn.Module):
    """Layers in a list, a scale of the module's own, a head tied to its foot, a buffer that the files hold."""

    def __init__(self, layers: int = 4, width: int = WIDE, tied: bool = False) -> None:
        super().__init__()
        self.foot = torch.nn.Linear(width, width, bias=False)
        self.layers = torch.nn.ModuleList(Layer(width) for _ in range(layers))
        self.head = torch.nn.Linear(width, width, bias=False)
        if tied:
            self.head.weight = self.foot.weight
        self.scale = torch.nn.Parameter(torch.ones(width))
        self.register_buffer("shift", torch.zeros(width))

    def forward(self, x):
        x = self.foot(x) * self.scale
        for layer in self.layers:
            x = layer(x)
        return self.head(x) + self.shift

    def encode(self, x):
        """As an autoencoder does: not its forward, and told to the hook first."""
        self._hf_hook.pre_forward(self)
        return self.foot(x)


def net(folder: Path, name: str = "net", **how) -> Net:
    torch.manual_seed(len(name))
    made = Net(**how)
    made.shift += 0.5
    tensors = {
        key: value.clone() for key, value in made.state_dict().items() if not (how.get("tied") and key == "head.weight")
    }
    save_file(tensors, folder / f"{name}.safetensors")
    return made.eval()


def recipe(folder: Path, name: str = "net", dtype=torch.float32, **how) -> Recipe:
    return Recipe(name=name, make=lambda: Net(**how), files=[folder / f"{name}.safetensors"], dtype=dtype)


def stored(folder: Path, device: CountingDevice, room: int | None = None, **how) -> tuple[Store, Part]:
    store = Store(device, room)
    return store, store.part("k", recipe(folder, **how))


X = torch.linspace(-1, 1, 3 * WIDE).reshape(3, WIDE)


def asks(part: Part, store: Store, strategy: Strategy):
    with torch.inference_mode(), store.running(strategy):
        return part.module(X)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("strategy", ["resident", "component-offload", "sequential-offload", "group-offload-disk"])
def test_every_strategy_computes_the_same(tmp_path, strategy, tied):
    plain, device = net(tmp_path, tied=tied), CountingDevice()
    store, part = stored(tmp_path, device, tied=tied)
    store.arrange({"m": (strategy, [part])})

    for _ in range(2):
        assert torch.equal(asks(part, store, strategy), plain(X))


def test_what_is_on_the_device_at_one_time_is_what_the_strategy_says(tmp_path):
    net(tmp_path)
    most = {}
    for strategy in ("resident", "component-offload", "sequential-offload", "group-offload-disk"):
        device = CountingDevice()
        store, part = stored(tmp_path, device)
        at_first = device.taken()  # buffers
        store.arrange({"m": (strategy, [part])})
        asks(part, store, strategy)
        most[strategy] = device.most - at_first

    assert most["resident"] == most["component-offload"] == part.bytes
    assert part.block == LAYER
    # A layer, and the scale that the module itself holds while it runs.
    assert most["sequential-offload"] == most["group-offload-disk"] == LAYER + WIDE * 4


def test_nothing_stays_on_the_device_after_a_call_that_offloads_by_block(tmp_path):
    net(tmp_path, tied=True)
    device = CountingDevice()
    store, part = stored(tmp_path, device, tied=True)
    before = device.taken()
    store.arrange({"m": ("sequential-offload", [part])})

    asks(part, store, "sequential-offload")

    assert (store.held, device.taken()) == (0, before)


def test_offload_from_ram_reads_the_files_once_and_from_the_disk_each_time(tmp_path):
    net(tmp_path)
    reads = {}
    for strategy in ("sequential-offload", "group-offload-disk"):
        device = CountingDevice()
        store, part = stored(tmp_path, device)
        store.arrange({"m": (strategy, [part])})
        device.files.clear()
        for _ in range(3):
            asks(part, store, strategy)
        reads[strategy] = len(device.files)

    parameters = len(list(part.module.parameters()))
    assert reads == {"sequential-offload": 0, "group-offload-disk": 3 * parameters}


def test_a_component_that_was_whole_stays_whole_between_calls(tmp_path):
    net(tmp_path)
    device = CountingDevice()
    store, part = stored(tmp_path, device)
    store.arrange({"m": ("component-offload", [part])})

    asks(part, store, "component-offload")
    moved = device.moved
    asks(part, store, "component-offload")

    assert device.moved == moved
    assert part.here


def test_what_is_used_past_its_forward_is_brought_too(tmp_path):
    plain = net(tmp_path)
    store, part = stored(tmp_path, CountingDevice())

    with torch.inference_mode(), store.running("component-offload"):
        assert torch.equal(part.module.encode(X), plain.foot(X))


def test_components_make_way_in_the_order_of_their_last_use(tmp_path):
    for name in ("a", "bb", "ccc"):
        net(tmp_path, name)
    one = LAYER * 4 + (2 * WIDE * WIDE + WIDE) * 4
    store = Store(CountingDevice(), room=2 * one)
    a, b, c = (store.part(name, recipe(tmp_path, name)) for name in ("a", "bb", "ccc"))

    for part in (a, b, a, c):
        asks(part, store, "component-offload")

    assert [part.here for part in (a, b, c)] == [True, False, True]
    assert store.held == 2 * one


def test_equal_content_is_made_once(tmp_path):
    net(tmp_path)
    store, part = stored(tmp_path, CountingDevice())

    assert store.part("k", recipe(tmp_path)) is part
    assert store.part("other", recipe(tmp_path)) is not part


def test_weights_that_are_away_fail_loudly_and_still_tell_their_dtype(tmp_path):
    net(tmp_path)
    store, _ = stored(tmp_path, CountingDevice())
    half = store.part("half", recipe(tmp_path, dtype=torch.bfloat16))

    with pytest.raises(RuntimeError):
        torch.nn.functional.linear(X.bfloat16(), half.module.foot.weight)
    assert {p.dtype for p in half.module.parameters()} == {torch.bfloat16}


def test_the_files_dtype_becomes_the_precision(tmp_path):
    plain = net(tmp_path)
    store, part = stored(tmp_path, CountingDevice())
    half = store.part("half", recipe(tmp_path, dtype=torch.bfloat16))

    for strategy in ("component-offload", "group-offload-disk"):
        with torch.inference_mode(), store.running(strategy):
            got = half.module(X.bfloat16())
        assert got.dtype == torch.bfloat16
        assert torch.allclose(got.float(), plain(X), atol=0.1)
    assert half.bytes * 2 == part.bytes


def test_files_of_another_model_are_refused_with_their_names(tmp_path):
    net(tmp_path, layers=2)

    with pytest.raises(LoadFailed, match=r"lacks 4 tensors.*layers\.2\.down\.bias"):
        Store(CountingDevice()).part("k", recipe(tmp_path, layers=3))


def test_the_pieces_hold_each_parameter_once(tmp_path):
    for tied in (False, True):
        made = Net(tied=tied)
        names = [slot.name for piece in cut(made) for slot in piece.slots]

        assert sorted(names) == sorted(name for name, _ in made.named_parameters())


# --- memory that runs out -----------------------------------------------------------------------------


class Call:
    def __init__(self, variant: str = "m") -> None:
        self.variant, self.said, self.strategy, self.why = variant, [], "", ""

    def warn(self, sentence):
        self.said.append(sentence)

    def held(self, strategy):
        self.strategy = strategy

    def retire(self, reason):
        self.why = reason


SLOWER: tuple[Strategy, ...] = ("component-offload", "sequential-offload", "group-offload-disk")


def ladder(store: Store, *parts: Part, strategy: Strategy = "resident", fallbacks=SLOWER, **others) -> Ladder:
    def member(name):
        return Member(variant=name, task="t", precision="fp32", weights={}, strategy=strategy, fallbacks=fallbacks)

    return Ladder(store, {"m": (member("m"), parts), **{name: (member(name), own) for name, own in others.items()}})


def test_a_call_that_runs_out_of_memory_runs_with_the_next_strategy_and_says_so(tmp_path):
    plain = net(tmp_path)
    device = CountingDevice()
    store, part = stored(tmp_path, device)
    made = ladder(store, part)
    made.settle()
    device.limit = device.taken() - 1  # somebody else took what the first call's moves would need
    store.clear([part])
    call = Call()

    with torch.inference_mode():
        got = made.run(call, lambda: part.module(X))

    assert torch.equal(got, plain(X))
    assert call.strategy == made.strategy("m") == "sequential-offload"
    assert call.said == ["m runs with sequential-offload: memory ran out with component-offload "
                         f"(the device has {device.limit} bytes)"]  # fmt: skip


def test_the_calls_after_it_stay_there_and_the_weights_are_not_asked_for_again(tmp_path):
    net(tmp_path)
    store, part = stored(tmp_path, CountingDevice())
    made = ladder(store, part)
    made.settle()
    short = iter([True])

    def work():
        if next(short, False):
            raise torch.OutOfMemoryError("working memory")
        return part.module(X)

    for _ in range(2):
        call = Call()
        with torch.inference_mode():
            made.run(call, work)
        assert call.strategy == "component-offload"
        assert len(call.said) == 1


def test_a_load_that_has_no_room_steps_down_already(tmp_path):
    net(tmp_path)
    device = CountingDevice()
    store, part = stored(tmp_path, device)
    device.limit = device.taken() + part.bytes - 1
    made = ladder(store, part)

    made.settle()

    assert made.strategy("m") == "component-offload"


def test_room_that_is_set_aside_is_never_exceeded(tmp_path):
    net(tmp_path)
    device = CountingDevice()
    store, part = stored(tmp_path, device, room=LAYER * 2)
    at_first = device.taken()
    made = ladder(store, part)
    made.settle()

    with torch.inference_mode():
        made.run(Call(), lambda: part.module(X))

    assert device.most - at_first <= LAYER * 2
    assert made.strategy("m") == "sequential-offload"


def test_the_slowest_strategy_that_has_no_room_is_an_error_that_says_what_was_tried(tmp_path):
    net(tmp_path)
    store, part = stored(tmp_path, CountingDevice())
    made = ladder(store, part, strategy="group-offload-disk", fallbacks=())

    def work():
        raise torch.OutOfMemoryError("tried to allocate 2 GiB")

    with pytest.raises(OutOfMemory, match=r"m ran out of memory with group-offload-disk.*2 GiB"):
        made.run(Call(), work)


def test_another_error_is_no_lack_of_memory(tmp_path):
    net(tmp_path)
    store, part = stored(tmp_path, CountingDevice())
    made = ladder(store, part)

    def work():
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        made.run(Call(), work)
    assert made.strategy("m") == "resident"


def test_one_members_step_down_leaves_the_other_where_it_is(tmp_path):
    net(tmp_path)
    net(tmp_path, "other")
    store, part = stored(tmp_path, CountingDevice())
    other = store.part("o", recipe(tmp_path, "other"))
    made = ladder(store, part, other=[part, other])
    made.settle()
    short = iter([True])

    def work():
        if next(short, False):
            raise torch.OutOfMemoryError("working memory")
        return part.module(X)

    with torch.inference_mode():
        made.run(Call(), work)

    assert (made.strategy("m"), made.strategy("other")) == ("component-offload", "resident")
    assert other.here


def test_memory_that_does_not_come_back_asks_for_another_worker(tmp_path):
    wide = 1200
    net(tmp_path, width=wide)
    device = CountingDevice()
    store, part = stored(tmp_path, device, width=wide)
    made = ladder(store, part)
    made.settle()
    kept = [p.data for p in part.module.parameters()]  # as a cache, a graph or a traceback would
    short = iter([True])

    def work():
        if next(short, False):
            raise torch.OutOfMemoryError("working memory")

    call = Call()
    made.run(call, work)

    assert call.why.startswith(f"of {part.bytes / MiB:.0f} MiB of components that left cpu only 0 MiB came back")
    assert kept


def test_memory_that_comes_back_asks_for_nothing(tmp_path):
    wide = 1200
    net(tmp_path, width=wide)
    store, part = stored(tmp_path, CountingDevice(), width=wide)
    made = ladder(store, part)
    made.settle()
    short = iter([True])

    def work():
        if next(short, False):
            raise torch.OutOfMemoryError("working memory")

    call = Call()
    made.run(call, work)

    assert call.why == ""


def test_what_a_member_holds_resident_makes_way_for_nothing(tmp_path):
    net(tmp_path)
    net(tmp_path, "other", layers=2)
    store, part = stored(tmp_path, CountingDevice())
    other = store.part("o", recipe(tmp_path, "other", layers=2))
    store.room = part.bytes + other.bytes - 1
    made = ladder(store, part, other=[other])

    made.settle()  # both resident have no room: the larger one steps down

    assert (made.strategy("m"), made.strategy("other")) == ("component-offload", "resident")
    call = Call()
    with torch.inference_mode():
        made.run(call, lambda: part.module(X))
    assert call.strategy == "sequential-offload"  # beside what stays not even one whole component fits
    assert other.here


def test_where_a_load_has_no_room_who_offloads_already_is_left_alone(tmp_path):
    net(tmp_path)
    net(tmp_path, "other", layers=2)
    store, part = stored(tmp_path, CountingDevice())
    other = store.part("o", recipe(tmp_path, "other", layers=2))
    store.room = other.bytes - 1
    large = Member(
        variant="large", task="t", precision="fp32", weights={}, strategy="component-offload", fallbacks=SLOWER[1:]
    )
    small = replace(large, variant="small", strategy="resident", fallbacks=SLOWER)
    made = Ladder(store, {"large": (large, [part]), "small": (small, [other])})

    made.settle()

    assert (made.strategy("large"), made.strategy("small")) == ("component-offload", "component-offload")
