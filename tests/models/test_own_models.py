"""Variants that are for a model of the user's own: all of them say so, and none of them makes others a step down."""

from rung.models.catalog import LADDERS

OWNED = "the user's own file"


def test_what_has_the_user_s_own_licence_is_the_user_s_own_and_nothing_that_is_published_is() -> None:
    files = [w for ladder in LADDERS.values() for variant in ladder for w in variant.weights]

    own = {w.name for w in files if w.own}
    assert own == {w.name for w in files if w.licence.name == OWNED}
    assert own == {"sheet-yolo/model.onnx", "sheet-ultralytics/model.pt", "edgnet-own/net.pth"}
    assert not any(w.sources or w.sha256 or w.pulled for w in files if w.own)
