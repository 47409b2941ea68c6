"""Focal lengths: the caller's before EXIF's before a rule of thumb, and EXIF only where it still holds."""

import hashlib
import io

import numpy as np
import pytest
from PIL import ExifTags, Image

from rung.models.focal import exif_focal, focal_of, known_focal
from rung.models.geometry.camera import from_35mm
from rung.runtime.tasks import Picture


def photograph(width: int, height: int, **tags: float) -> Picture:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif).update({ExifTags.Base[name].value: value for name, value in tags.items()})
    out = io.BytesIO()
    Image.fromarray(np.zeros((height, width, 3), np.uint8)).save(out, "JPEG", exif=exif)
    data = out.getvalue()
    return Picture(data=data, key=hashlib.sha256(data).hexdigest(), width=width, height=height, media_type="image/jpeg")


def test_the_35_mm_equivalent_compares_diagonals() -> None:
    full_frame = from_35mm(36.0, 360, 240)
    assert full_frame is not None and full_frame.px == pytest.approx(360)

    focal = exif_focal(photograph(400, 300, FocalLengthIn35mmFilm=26))
    assert focal is not None and focal.source == "exif"
    assert focal.px == pytest.approx(26 / 43.2666 * 500, rel=1e-4)


def test_a_resized_picture_keeps_its_angle_and_a_cut_one_has_lost_it() -> None:
    tags = {"FocalLengthIn35mmFilm": 26, "ExifImageWidth": 4000, "ExifImageHeight": 3000}

    assert exif_focal(photograph(400, 300, **tags)) is not None
    assert exif_focal(photograph(300, 400, **tags)) is not None  # turned upright
    assert exif_focal(photograph(400, 400, **tags)) is None


LENS = {"FocalLength": 5.0, "FocalPlaneXResolution": 800.0, "FocalPlaneResolutionUnit": 3}
WHOLE = {"ExifImageWidth": 400, "ExifImageHeight": 300}


def test_the_lens_and_the_sensors_pixels_tell_where_no_equivalent_does() -> None:
    """5 mm before 80 pixels a millimetre."""
    focal = exif_focal(photograph(400, 300, **LENS, **WHOLE))
    turned = exif_focal(photograph(300, 400, **LENS, **WHOLE))
    in_inches = exif_focal(photograph(400, 300, **WHOLE, FocalLength=5.0, FocalPlaneXResolution=80 * 25.4))
    both = exif_focal(photograph(400, 300, **LENS, **WHOLE, FocalLengthIn35mmFilm=26))

    assert focal is not None and focal.source == "exif" and focal.px == pytest.approx(400)
    assert turned is not None and turned.px == pytest.approx(400)
    assert in_inches is not None and in_inches.px == pytest.approx(400)
    assert both is not None and both.px == pytest.approx(26 / 43.2666 * 500, rel=1e-4)


@pytest.mark.parametrize(
    "more",
    [
        {"ExifImageWidth": 4000, "ExifImageHeight": 3000},  # resized since
        {},  # nobody knows whether it was
        WHOLE | {"FocalPlaneResolutionUnit": 1},
        WHOLE | {"FocalLength": 0.0},
        WHOLE | {"FocalPlaneXResolution": 1e9},
    ],
)
def test_pixels_of_another_size_or_of_no_unit_are_not_believed(more: dict[str, float]) -> None:
    assert exif_focal(photograph(400, 300, **LENS | more)) is None


@pytest.mark.parametrize("equivalent", [0, 3, 65535])
def test_what_no_lens_has_is_not_believed(equivalent: int) -> None:
    assert exif_focal(photograph(40, 30, FocalLengthIn35mmFilm=equivalent)) is None


def test_the_caller_goes_before_exif_and_the_rule_of_thumb_comes_last() -> None:
    with_exif, without = photograph(400, 300, FocalLengthIn35mmFilm=26), photograph(400, 300)

    assert focal_of(with_exif, 123.0).source == "given" and focal_of(with_exif, 123.0).px == 123
    assert focal_of(with_exif, None).source == "exif"
    assert known_focal(without, None) is None
    assert (focal_of(without, None).px, focal_of(without, None).source) == (300, "assumed")
    assert focal_of(without, 99.0).doubt < exif_focal(with_exif).doubt < focal_of(without, None).doubt  # type: ignore[union-attr]
