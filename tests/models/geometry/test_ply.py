"""PLY: the bytes as others write and read them, both forms there and back, and what is refused."""

import struct

import numpy as np
import pytest
from shapes import block, gaussians

from rung.models.geometry import ply
from rung.models.geometry.cloud import Cloud
from rung.runtime.errors import InvalidInput

BY_HAND = (
    b"ply\nformat binary_big_endian 1.0\ncomment by hand\nelement vertex 2\nproperty double x\nproperty float y\n"
    b"property float z\nproperty uchar red\nproperty uchar green\nproperty uchar blue\nelement face 1\n"
    b"property list uchar int vertex_indices\nend_header\n"
    + struct.pack(">dffBBB", 1.5, -2, 3, 10, 20, 30)
    + struct.pack(">dffBBB", 4, 5, 6, 40, 50, 60)
    + struct.pack(">Biii", 3, 0, 1, 0)
)


def test_points_of_a_file_written_by_hand_with_faces_behind_them() -> None:
    cloud = ply.read_points(BY_HAND)

    assert cloud.points.tolist() == [[1.5, -2, 3], [4, 5, 6]]
    assert cloud.colours is not None and cloud.colours.tolist() == [[10, 20, 30], [40, 50, 60]]


def test_points_there_and_back() -> None:
    cloud = Cloud(
        points=block(100, (1, 2, 3)), colours=np.arange(300, dtype=np.uint16).reshape(100, 3).astype(np.uint8)
    )

    back = ply.read_points(ply.write_points(cloud))

    assert np.array_equal(back.points, cloud.points) and np.array_equal(back.colours, cloud.colours)
    assert ply.read_points(ply.write_points(Cloud(points=cloud.points))).colours is None


def test_a_gaussian_is_written_with_the_logit_and_the_logarithms_that_viewers_expect() -> None:
    one = gaussians(np.float32([[1, 2, 3]]), opacity=0.75, size=0.02)

    data = ply.write_gaussians(one)

    header, body = data.split(b"end_header\n")
    assert header.count(b"property float") == 17
    values = struct.unpack("<17f", body)
    assert values[:3] == (1, 2, 3)
    assert values[6] == pytest.approx((200 / 255 - 0.5) / 0.28209479)
    assert values[9] == pytest.approx(np.log(3)) and values[10] == pytest.approx(np.log(0.02))
    assert values[13:] == (1, 0, 0, 0)


def test_gaussians_there_and_back() -> None:
    before = gaussians(block(50, (1, 1, 1)), opacity=0.3)

    after = ply.read_gaussians(ply.write_gaussians(before))

    for name in ("points", "opacity", "sizes", "turns"):
        assert np.allclose(getattr(after, name), getattr(before, name), atol=1e-6), name
    assert np.array_equal(after.colours, before.colours)
    assert np.array_equal(ply.read_points(ply.write_gaussians(before)).colours, before.colours)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"PK\x03\x04", "is no PLY"),
        (BY_HAND[:-30], "cut off"),
        (BY_HAND.replace(b"binary_big_endian", b"ascii"), "not binary"),
        (BY_HAND.replace(b"double x", b"list uchar int x"), "no plain number"),
        (BY_HAND.replace(b"element vertex", b"element face"), "does not begin with its vertices"),
        (BY_HAND.replace(b"element vertex 2", b"element vertex -2"), "does not begin with its vertices"),
        (BY_HAND.replace(b"float y", b"float x"), "twice"),
        (BY_HAND.replace(b"float y", b"float w"), "have no y"),
    ],
)
def test_what_is_no_binary_ply_is_refused_with_what_is_wrong(data: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        ply.read_points(data)


def test_points_are_no_gaussians() -> None:
    with pytest.raises(InvalidInput, match="have no f_dc_0"):
        ply.read_gaussians(BY_HAND)
