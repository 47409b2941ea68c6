"""A worker under an interpreter that holds numpy and nothing else of ours."""

from __future__ import annotations

import importlib.util
import venv
from pathlib import Path

import numpy as np
import pytest

from rung.runtime.errors import LoadFailed
from rung.runtime.spec import Runtime
from rung.runtime.tasks import InpaintInput
from rung.runtime.workers.process import WorkerCall
from rung.runtime.workers.template import Templates


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory) -> Path:
    """A virtual environment with numpy alone, linked from ours, so that no network is needed."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, symlinks=True, with_pip=False)
    (packages,) = home.glob("lib/python*/site-packages")
    numpy = Path(importlib.util.find_spec("numpy").origin).parent
    for folder in (numpy, numpy.with_name("numpy.libs")):
        if folder.is_dir():
            (packages / folder.name).symlink_to(folder)
    return home / "bin" / "python"


@pytest.fixture
async def elsewhere(bare_python):
    runtime = Runtime(name="elsewhere", modules=("numpy",), python=str(bare_python))
    picky = Runtime(name="picky", modules=("numpy", "pydantic"), extra="picky", python=str(bare_python))
    templates = Templates({"elsewhere": runtime, "picky": picky})
    yield templates
    await templates.close()


async def test_a_worker_needs_numpy_alone(elsewhere, place, compute, bare_python):
    worker = await elsewhere.spawn(place("tells_its_modules", runtime="elsewhere"))
    await worker.load()

    (answer,) = await worker.run([compute()])

    assert worker.started == f"started afresh: it runs under {bare_python}"
    prefix, packages = answer.output.value
    assert prefix == str(bare_python.parents[1])
    assert packages == ["numpy", "rung"]


async def test_pictures_cross_to_another_interpreter(elsewhere, place):
    worker = await elsewhere.spawn(place("invert", task="inpaint", runtime="elsewhere"))
    await worker.load()
    pixels = np.random.default_rng(0).integers(0, 256, (300, 200, 3), np.uint8)

    (answer,) = await worker.run(
        [WorkerCall(id="1", task="inpaint", input=InpaintInput(pixels=pixels, mask=pixels[..., 0]))]
    )

    assert np.array_equal(answer.output.pixels, 255 - pixels)


async def test_a_library_that_the_other_interpreter_lacks_is_named(elsewhere, place):
    worker = await elsewhere.spawn(place("invert", runtime="picky"))

    with pytest.raises(LoadFailed, match=r"picky needs the module pydantic"):
        await worker.load()
