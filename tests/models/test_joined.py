"""A file that comes in pieces."""

from pathlib import Path

from rung.models.catalog.chat import QWEN_CODER
from rung.models.recipes.joined import join


def test_the_pieces_are_laid_one_after_the_other_in_the_order_of_the_catalogue(tmp_path: Path) -> None:
    pieces = {f"net/{name}": tmp_path / name for name in ("02", "10", "01")}
    for name, path in pieces.items():
        path.write_bytes(name.encode())

    join(pieces, tmp_path / "whole")

    assert (tmp_path / "whole").read_bytes() == b"net/02net/10net/01"


def test_the_pieces_of_the_catalogue_are_as_large_as_the_whole_and_not_kept() -> None:
    (whole,) = QWEN_CODER.weights

    assert sum(piece.size for piece in whole.inputs) == whole.size and not whole.pulled
    assert len({piece.sha256 for piece in whole.inputs}) == 22 and not any(piece.kept for piece in whole.inputs)
