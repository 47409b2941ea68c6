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
