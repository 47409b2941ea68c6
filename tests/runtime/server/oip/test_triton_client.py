"""The public client of the protocol, as its users have it, against our server."""

import asyncio
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
from oip_server import listening
from PIL import Image
from tritonclient.utils import InferenceServerException

from rung.runtime.errors import NotReady, OutOfMemory

SIDE = 1024


def picture(width: int = 6, height: int = 5) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (9, 8, 7)).save(out, "PNG")
    return out.getvalue()


def given(name: str, array: Any, datatype: str) -> triton.InferInput:
    made = triton.InferInput(name, list(array.shape), datatype)
    made.set_data_from_numpy(array)
    return made


async def with_client(url: str, act: Callable[[triton.InferenceServerClient], Any]) -> Any:
    """The client blocks: it lives in a thread of its own, made and closed there."""

    def whole() -> Any:
        client = triton.InferenceServerClient(url)
        try:
            return act(client)
        finally:
            client.close()

    return await asyncio.wait_for(asyncio.to_thread(whole), 30)


async def test_the_client_sees_a_live_ready_server_and_its_models(tmp_path: Path) -> None:
    def look(client: triton.InferenceServerClient) -> dict[str, Any]:
        return {
            "live": client.is_server_live(),
            "ready": client.is_server_ready(),
            "server": client.get_server_metadata(),
            "echo": client.is_model_ready("echo"),
            "one": client.is_model_ready("echo", "1"),
            "two": client.is_model_ready("echo", "2"),
            "none": client.is_model_ready("nothing"),
            "huge": client.is_model_ready("sam-huge"),
            "index": client.get_model_repository_index(),
        }

    async with listening(tmp_path) as (url, _):
        seen = await with_client(url, look)

    assert seen["server"]["name"] == "rung" and "binary_tensor_data" in seen["server"]["extensions"]
    assert [seen[key] for key in ("live", "ready", "echo", "one", "two", "none", "huge")] == [True] * 4 + [False] * 3
    assert {row["name"]: row["state"] for row in seen["index"]} == {
        "sam-huge": "UNAVAILABLE", "click": "UNAVAILABLE", "echo": "READY", "paint": "UNAVAILABLE",
        "alpha": "UNAVAILABLE",
    }  # fmt: skip
    assert "7.9 GiB" in next(row["reason"] for row in seen["index"] if row["name"] == "sam-huge")


async def test_the_metadata_is_made_from_the_tasks_types(tmp_path: Path) -> None:
    async with listening(tmp_path) as (url, _):
        said = await with_client(url, lambda client: client.get_model_metadata("click"))

    assert said["name"] == "click" and said["versions"] == ["1"]
    assert said["inputs"] == [
        {"name": "picture", "datatype": "BYTES", "shape": [1]},
        {"name": "points", "datatype": "FP32", "shape": [-1, 3], "optional": True},
        {"name": "box", "datatype": "FP32", "shape": [4], "optional": True},
    ]
    assert [(one["name"], one["datatype"], one["shape"]) for one in said["outputs"]] == [
        ("mask", "UINT8", [-1, -1]), ("box", "INT64", [4]), ("width", "INT64", [1]), ("height", "INT64", [1]),
        ("score", "FP32", [1]),
    ]  # fmt: skip


async def test_three_megabytes_go_in_and_come_out_bit_for_bit(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    inputs = [given("pixels", pixels, "UINT8"), given("mask", np.zeros((SIDE, SIDE), np.uint8), "UINT8")]
    terms = {"seed": 7, "deadline_s": 5}

    async with listening(tmp_path) as (url, made):
        got = await with_client(url, lambda c: c.infer("echo", inputs, request_id="r1", parameters=terms))

    assert np.array_equal(made.caller.inputs[0].pixels, pixels)
    assert np.array_equal(got.as_numpy("pixels"), 255 - pixels)
    said = got.get_response()
    assert (said["id"], said["model_name"], said["model_version"]) == ("r1", "echo", "1")
    provenance = json.loads(said["parameters"]["provenance"])
    assert (provenance["variant"], provenance["seed"], provenance["run_s"]) == ("echo", 7, 0.25)
    assert json.loads(said["parameters"]["warnings"]) == ["a warning: é"]
    assert 3 < made.caller.left_s <= 5


async def test_a_picture_and_points_become_the_tasks_own_input(tmp_path: Path) -> None:
    sent = np.array([picture()], np.object_)
    points = np.array([[2, 3, 1], [4.5, 1, 0]], np.float32)
    inputs = [given("picture", sent, "BYTES"), given("points", points, "FP32")]
    wanted = [triton.InferRequestedOutput("mask"), triton.InferRequestedOutput("score", binary_data=False)]

    async with listening(tmp_path) as (url, made):
        got = await with_client(url, lambda client: client.infer("click", inputs, outputs=wanted))
        bare = await with_client(
            url, lambda c: c.infer("click", [inputs[0], given("box", np.array([0, 0, 3, 3], np.float32), "FP32")])
        )

    asked = made.caller.inputs[0]
    assert (asked.picture.width, asked.picture.height, asked.picture.media_type) == (6, 5, "image/png")
    assert [(p.x, p.y, p.label) for p in asked.points] == [(2, 3, 1), (4.5, 1, 0)]
    assert asked.box is None and made.caller.inputs[1].box == (0, 0, 3, 3)
    assert np.array_equal(got.as_numpy("mask"), np.full((2, 3), 255, np.uint8))
    assert got.as_numpy("score").tolist() == [0.5] and got.as_numpy("box") is None
    assert bare.as_numpy("score") is None and bare.as_numpy("box").tolist() == [1, 1, 4, 3]


async def test_texts_and_numbers_cross_and_what_is_optional_may_be_left_out(tmp_path: Path) -> None:
    pixels, mask = np.zeros((4, 3, 3), np.uint8), np.ones((4, 3), np.uint8)
    prompt = given("prompt", np.array(["a cat, 고양이".encode()], np.object_), "BYTES")
    inputs = [given("pixels", pixels, "UINT8"), given("mask", mask, "UINT8"), prompt]

    async with listening(tmp_path) as (url, made):
        await with_client(url, lambda client: client.infer("paint", inputs))
        steps = given("steps", np.array([12], np.int64), "INT64")
        await with_client(url, lambda client: client.infer("paint", [*inputs, steps]))

    assert [(one.prompt, one.steps) for one in made.caller.inputs] == [("a cat, 고양이", None), ("a cat, 고양이", 12)]


def ask(name: str, *inputs: triton.InferInput, **more: Any) -> Callable[[triton.InferenceServerClient], Any]:
    return lambda client: client.infer(name, list(inputs), **more)


PIXELS = given("pixels", np.zeros((4, 3, 3), np.uint8), "UINT8")
MASK = given("mask", np.zeros((4, 3), np.uint8), "UINT8")


@pytest.mark.parametrize(
    ("act", "status", "said"),
    [
        (ask("nothing", PIXELS), "404", "no model 'nothing'"),
        (ask("compute", PIXELS), "404", "no model 'compute'"),
        (ask("echo", PIXELS, MASK, model_version="2"), "404", "has no version '2'"),
        (ask("sam-huge", PIXELS), "503", "needs 7.9 GiB"),
        (ask("echo", PIXELS), "422", "mask: is required (UINT8 [-1, -1])"),
        (ask("echo", PIXELS, MASK, given("more", np.zeros(1, np.uint8), "UINT8")), "422", "no input 'more'"),
        (ask("echo", given("pixels", np.zeros((4, 3, 3), np.int8), "INT8"), MASK), "422", "is UINT8, and INT8 came"),
        (ask("echo", given("pixels", np.zeros((4, 3, 4), np.uint8), "UINT8"), MASK), "422", "-1, 3], and [4, 3, 4]"),
        (ask("echo", given("pixels", np.zeros((9, 3, 3), np.uint8), "UINT8"), MASK), "422", "they must be equal"),
        (ask("echo", PIXELS, MASK, outputs=[triton.InferRequestedOutput("mask")]), "422", "no output 'mask'"),
        (ask("echo", PIXELS, MASK, request_compression_algorithm="gzip"), "415", "compressed body"),
        (ask("echo", PIXELS, MASK, priority=3), "422", "no parameter 'priority'"),
        (ask("echo", PIXELS, MASK, sequence_id=5), "422", "no parameter 'sequence_id'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
async def test_a_refusal_is_the_clients_own_exception_with_our_sentence(
    tmp_path: Path, act: Callable[[Any], Any], status: str, said: str
) -> None:
    async with listening(tmp_path) as (url, made):
        with pytest.raises(InferenceServerException) as refused:
            await with_client(url, act)

    assert refused.value.status() == status
    assert said in refused.value.message()
    assert made.caller.inputs == []


@pytest.mark.parametrize(
    ("error", "status"), [(OutOfMemory("needs 7 GiB, 4 GiB are there"), "507"), (NotReady("loading", eta_s=3), "503")]
)
async def test_what_the_call_raises_keeps_its_status(tmp_path: Path, error: Exception, status: str) -> None:
    async with listening(tmp_path) as (url, made):
        made.caller.error = error  # type: ignore[assignment]
        with pytest.raises(InferenceServerException) as refused:
            await with_client(url, ask("echo", PIXELS, MASK))

    assert (refused.value.status(), refused.value.message()) == (status, str(error))


async def test_models_are_loaded_and_unloaded_by_the_client(tmp_path: Path) -> None:
    def act(client: triton.InferenceServerClient) -> None:
        client.load_model("echo")
        client.unload_model("echo")

    async with listening(tmp_path) as (url, made):
        await with_client(url, act)
        with pytest.raises(InferenceServerException) as refused:
            await with_client(url, lambda client: client.load_model("echo", config='{"max_batch_size": 4}'))

    assert made.admin.did == [("load", "echo"), ("unload", "echo")]
    assert "rung.toml" in refused.value.message()
