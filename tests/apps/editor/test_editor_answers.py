"""The editor on real models, over HTTP, with a client that is not ours."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from editor_tools import Editor, Sample, png
from PIL import Image

pytestmark = pytest.mark.weights


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def truth(pixels: np.ndarray) -> np.ndarray:
    return pixels[:, :, 0] > 150


def test_a_click_on_the_sample_finds_an_object_by_a_real_model(editor: Editor, sample: Sample) -> None:
    answer = editor.ask("segment", sample.data, points=[sample.point])

    mask = editor.picture(answer["output"]["mask"]) > 0
    x, y = map(int, sample.point)
    assert mask[y, x]
    assert 0.002 < mask.mean() < 0.5
    assert [p["kind"] for p in answer["provenance"]] == ["real", "real"]


def test_a_click_on_a_disc_finds_the_disc_and_a_negative_click_takes_it_away(editor: Editor, disc: np.ndarray) -> None:
    data = png(disc)

    found = editor.picture(editor.ask("segment", data, points=[[160, 120]])["output"]["mask"]) > 0
    background = editor.picture(editor.ask("segment", data, points=[[20, 20, 1], [160, 120, 0]])["output"]["mask"]) > 0

    assert iou(found, truth(disc)) > 0.95
    assert background[20, 20] and not background[120, 160]


def test_a_box_finds_what_is_in_it(editor: Editor, disc: np.ndarray) -> None:
    answer = editor.ask("segment", png(disc), box=[95, 55, 225, 185])

    assert iou(editor.picture(answer["output"]["mask"]) > 0, truth(disc)) > 0.95


def test_the_second_click_runs_the_decoder_only(editor: Editor, sample: Sample) -> None:
    editor.ask("segment", sample.data, points=[sample.point])
    x, y = sample.point

    answer = editor.ask("segment", sample.data, points=[[x + 1, y]])

    assert answer["provenance"][0]["cached"] == ["embedding"]


def test_remove_changes_nothing_outside_the_mask_and_takes_the_object_away(editor: Editor, sample: Sample) -> None:
    answer = editor.ask("remove", sample.data, points=[sample.point], dilate=sample.dilate)

    after, mask = editor.picture(answer["output"]["image"]), editor.picture(answer["output"]["mask"]) > 0
    before = sample.pixels
    assert (after[~mask] == before[~mask]).all()
    changed = np.abs(after.astype(int) - before).max(axis=2) > 12
    assert changed[mask].mean() > 0.3
    assert {p["task"]: p["kind"] for p in answer["provenance"]} == {
        "segment": "real", "compute": "real", "inpaint": "real"
    }  # fmt: skip


def test_a_disc_on_plain_ground_is_filled_with_the_ground(editor: Editor, disc: np.ndarray) -> None:
    answer = editor.ask("remove", png(disc), points=[[160, 120]], dilate=6)

    after = editor.picture(answer["output"]["image"])
    off = np.abs(after[80:160, 120:200].astype(int) - (70, 130, 70)).mean()
    assert off < 25  # MI-GAN is not flat on flat ground; the disc itself is 90 off


def test_sixteen_removals_at_once_equal_the_same_one_by_one_bit_for_bit(editor: Editor, disc: np.ndarray) -> None:
    rng = np.random.default_rng(7)
    pictures = [png(np.roll(disc, i * 3, axis=1) ^ rng.integers(0, 8, disc.shape, np.uint8)) for i in range(16)]
    points = [[160 + i * 3, 120] for i in range(16)]

    def one(i: int) -> np.ndarray:
        return editor.picture(editor.ask("remove", pictures[i], points=[points[i]])["output"]["image"])

    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(one, range(16)))  # first, so that no embedding is cached
    alone = [one(i) for i in range(16)]

    assert all((a == b).all() for a, b in zip(alone, together, strict=True))


def test_an_uploaded_mask_needs_no_model_to_find_the_object(editor: Editor, disc: np.ndarray) -> None:
    mask = np.where(truth(disc), 255, 0).astype(np.uint8)

    answer = editor.ask("remove", png(disc), mask=png(mask), dilate=3)

    assert "segment" not in {p["task"] for p in answer["provenance"]}
    assert answer["output"]["box"] == [97, 57, 224, 184]


def test_cutout_without_a_selection_takes_the_main_object(editor: Editor, disc: np.ndarray) -> None:
    answer = editor.ask("cutout", png(disc))

    alpha = editor.picture(answer["output"]["image"])[:, :, 3]
    assert "matte" in {p["task"] for p in answer["provenance"]}
    assert alpha[120, 160] > 250 and alpha[5, 5] < 5
    assert iou(alpha > 127, truth(disc)) > 0.9


def test_cutout_trimmed_is_as_large_as_the_object(editor: Editor, disc: np.ndarray) -> None:
    answer = editor.ask("cutout", png(disc), points=[[160, 120]], trim=True)

    height, width, channels = editor.picture(answer["output"]["image"]).shape
    assert channels == 4
    assert abs(height - 121) < 8 and abs(width - 121) < 8


def test_replace_keeps_the_object_and_paints_the_rest(editor: Editor, disc: np.ndarray) -> None:
    answer = editor.ask("replace", png(disc), points=[[160, 120]], colour="#0000ff")

    after = editor.picture(answer["output"]["image"])
    assert (after[100:140, 140:180] == disc[100:140, 140:180]).all()
    assert (after[:20] == (0, 0, 255)).all()


def test_replace_takes_a_picture_and_a_blur_as_background(editor: Editor, disc: np.ndarray) -> None:
    other = png(np.full((50, 90, 3), (10, 20, 200), np.uint8))

    pictured = editor.picture(
        editor.ask("replace", png(disc), points=[[160, 120]], background=other)["output"]["image"]
    )
    blurred = editor.picture(editor.ask("replace", png(disc), points=[[160, 120]], blur=12)["output"]["image"])

    assert np.abs(pictured[:20].astype(int) - (10, 20, 200)).max() < 3
    assert np.abs(blurred[:20].astype(int) - (70, 130, 70)).max() < 3


def test_fill_is_off_and_says_what_would_switch_it_on(editor: Editor, disc: np.ndarray) -> None:
    answer = editor.post("fill", png(disc), points=[[160, 120]], prompt="a cat")

    assert answer.status_code == 503
    assert 'mode = "mock"' in answer.json()["detail"]


def test_accept_answers_with_the_picture_itself(editor: Editor, disc: np.ndarray) -> None:
    answer = editor.http.post(
        "/v1/editor/remove",
        files={"image": png(disc)},
        data={"points": "[[160,120]]"},
        headers={"Accept": "image/webp"},
    )

    assert answer.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(answer.content)).size == (320, 240)
    assert "migan" in answer.headers["rung-provenance"]


@pytest.mark.parametrize("name", ["grey", "grey with alpha", "palette", "cmyk", "16 bit", "exif", "webp"])
def test_any_kind_of_picture_comes_back_upright_and_changed_only_in_the_hole(
    editor: Editor, disc: np.ndarray, name: str
) -> None:
    data, point = odd_pictures(disc)[name]

    answer = editor.ask("remove", data, points=[point], dilate=4)

    output = answer["output"]
    assert (output["image"]["width"], output["image"]["height"]) == ((240, 320) if name == "exif" else (320, 240))
    mask = editor.picture(output["mask"]) > 0
    assert mask[int(point[1]), int(point[0])] and 0.08 < mask.mean() < 0.4


def odd_pictures(disc: np.ndarray) -> dict[str, tuple[bytes, list[float]]]:
    image, middle = Image.fromarray(disc), [160.0, 120.0]
    alpha = image.convert("RGBA")
    alpha.putalpha(Image.new("L", image.size, 255))
    palette = image.quantize(16)
    sixteen = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112] = 6

    def stored(picture: Image.Image, format: str = "PNG", **more: Any) -> bytes:
        out = io.BytesIO()
        picture.save(out, format, **more)
        return out.getvalue()

    return {
        "grey": (stored(image.convert("L"), "JPEG", quality=95), middle),
        "grey with alpha": (stored(alpha.convert("LA")), middle),
        "palette": (stored(palette, transparency=0), middle),
        "cmyk": (stored(image.convert("CMYK"), "JPEG", quality=95), middle),
        "16 bit": (stored(sixteen), middle),
        "exif": (stored(image, "JPEG", quality=95, exif=exif), [120.0, 160.0]),
        "webp": (stored(image, "WEBP", lossless=True), middle),
    }


def test_twenty_megapixels_keep_their_resolution(editor: Editor, disc: np.ndarray) -> None:
    large = np.asarray(Image.fromarray(disc).resize((5200, 3900), Image.Resampling.NEAREST))
    data = png(large, format="JPEG", quality=90)
    before = np.asarray(Image.open(io.BytesIO(data)))

    answer = editor.ask("remove", data, points=[[2600, 1950]])

    after, mask = editor.picture(answer["output"]["image"]), editor.picture(answer["output"]["mask"]) > 0
    assert after.shape == (3900, 5200, 3)
    assert (after[~mask] == before[~mask]).all()
    assert iou(mask, truth(large)) > 0.85
    assert any("longer side of 512" in warning for warning in answer["warnings"])
