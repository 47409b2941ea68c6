"""A real `rung serve`, a real worker, the public client."""

import json

import numpy as np
import tritonclient.http as triton

from rung.runtime.testing.served import served


def test_three_megabytes_cross_a_real_worker_bit_for_bit() -> None:
    rng = np.random.default_rng(2)
    pixels, mask = rng.integers(0, 256, (1024, 1024, 3), np.uint8), np.zeros((1024, 1024), np.uint8)
    mask[500:508, 500:508] = 255
    inputs = []
    for name, array in (("pixels", pixels), ("mask", mask)):
        inputs.append(triton.InferInput(name, list(array.shape), "UINT8"))
        inputs[-1].set_data_from_numpy(array)

    with served("--no-console") as server:
        client = triton.InferenceServerClient(server.url.removeprefix("http://"))
        try:
            got = client.infer("telea", inputs)
            states = {row["name"]: row["state"] for row in client.get_model_repository_index()}
            client.unload_model("telea")
            gone = {row["name"]: row["state"] for row in client.get_model_repository_index()}
        finally:
            client.close()

    filled = got.as_numpy("pixels")
    provenance = json.loads(got.get_response()["parameters"]["provenance"])
    assert (provenance["variant"], provenance["device"]) == ("telea", "cpu") and provenance["run_s"] > 0
    assert np.array_equal(filled[mask == 0], pixels[mask == 0]), "what lies outside the hole is not ours to change"
    assert not np.array_equal(filled[mask > 0], pixels[mask > 0])
    assert (states["telea"], gone["telea"]) == ("READY", "UNAVAILABLE")
