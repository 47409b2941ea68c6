"""SAM ViT on torch with random weights in the published layout: it loads, it runs, it computes what others do."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch")

import sam_random  # noqa: E402
from fake_call import answer, disc, png, points  # noqa: E402

from rung.models import sam_torch  # noqa: E402
from rung.models.recipes import skeleton  # noqa: E402
from rung.models.sam_vit import SamVit  # noqa: E402
from rung.runtime.errors import LoadFailed  # noqa: E402
from rung.runtime.model import Context  # noqa: E402
from rung.runtime.tasks import SegmentInput  # noqa: E402

pytestmark = pytest.mark.torch


def context(path: Path, precision: str = "fp32") -> Context:
    return Context(
        variant="sam-vit-b", task="segment", device="cpu", precision=precision, threads=2, weights={"s/sam.pth": path}
    )


def saved(path: Path, *size: int) -> Path:
    torch.save(sam_random.state(*size), path)
    return path


def test_a_tiny_checkpoint_loads_and_answers_twice_with_one_embedding(tmp_path: Path) -> None:
    model, kept = SamVit(), {}
    model.load(context(saved(tmp_path / "sam.pth", 32, 2, 2, 2)))
    picture = png(disc(300, 200, (100, 100), 40)[0])
    for x in (100, 120):
        output = answer(model, SegmentInput(picture=picture, points=points((x, 100))), kept)
        assert (output.width, output.height) == (300, 200) and output.score is not None
    (embedding,) = kept.values()
    assert embedding["image_embeddings"].shape == (1, 256, 64, 64)
    assert np.isfinite(embedding["image_embeddings"]).all()


def test_the_real_vit_b_layout_loads_and_encodes(tmp_path: Path) -> None:
    model = SamVit()
    model.load(context(saved(tmp_path / "sam.pth", 768, 12, 12, 3)))
    output = answer(model, SegmentInput(picture=png(disc(64, 48, (20, 20), 9)[0]), points=points((20, 20))))
    assert (output.width, output.height) == (64, 48)


def test_windowed_attention_sees_only_its_window() -> None:
    state = sam_random.state(32, 1, 2, 2)
    image = torch.zeros(1, 3, 1024, 1024)
    changed = image.clone()
    changed[..., :16, :16] = 9
    with torch.inference_mode():
        difference = (sam_torch.encode(state, image) - sam_torch.encode(state, changed)).abs().amax(dim=(0, 1))
    # One window of 14 cells, and the 3x3 convolution of the neck around it.
    assert difference[:14, :14].max() > 0 and not difference[15:].any() and not difference[:, 15:].any()


def test_the_encoder_computes_what_the_original_computes() -> None:
    """The numbers are those of segment-anything's own ImageEncoderViT with these weights (tolerance 3e-6 then)."""
    state = sam_random.state(32, 3, 2, 3)
    # Larger than a fresh net's, so that a mistake in the relative positions cannot hide.
    state = {name: tensor * (40 if "rel_pos" in name else 4) for name, tensor in state.items()}
    image = torch.randn(1, 3, 1024, 1024, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        embedding = sam_torch.encode(state, image)[0]
    places = ((0, 0, 0), (7, 13, 14), (100, 63, 63), (255, 30, 45), (31, 5, 60))
    assert np.allclose(
        [float(embedding[p]) for p in places], [-0.17048, 0.33942, -0.06966, -0.1618, -0.12665], atol=2e-4
    )


def test_the_decoder_computes_what_the_onnx_skeleton_computes(tmp_path: Path) -> None:
    state = {name: tensor * 3 for name, tensor in sam_random.state(32, 1, 2, 2).items()}
    skeleton.fill(
        skeleton.FOLDER / "mobile_sam_decoder.onnx", {n: t.numpy() for n, t in state.items()}, tmp_path / "d.onnx"
    )
    session = onnxruntime.InferenceSession(str(tmp_path / "d.onnx"), providers=["CPUExecutionProvider"])
    embedding = torch.randn(1, 256, 64, 64, generator=torch.Generator().manual_seed(2))
    coords = torch.tensor([[[500.0, 300.0], [20, 900], [100, 100], [800, 700], [0, 0]]])
    labels = torch.tensor([[1.0, 0, 2, 3, -1]])
    with torch.inference_mode():
        masks, scores = sam_torch.decode(state, embedding, coords, labels)
    names = ("image_embeddings", "point_coords", "point_labels")
    wanted = session.run(None, {n: t.numpy() for n, t in zip(names, (embedding, coords, labels), strict=True)})
    assert np.allclose(masks, wanted[0], rtol=1e-3, atol=1e-3) and np.allclose(scores, wanted[1], rtol=1e-3)


def test_a_file_that_is_no_sam_is_refused(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(2)}, tmp_path / "x.pth")
    with pytest.raises(LoadFailed, match="segment-anything"):
        SamVit().load(context(tmp_path / "x.pth"))


def test_an_unknown_precision_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoadFailed, match="int8"):
        SamVit().load(context(tmp_path / "x.pth", "int8"))
