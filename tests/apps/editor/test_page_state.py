from typing import Any

from rung.apps.editor.page_state import KEPT, Shown, Work, edge_fields, loading

PICTURE = Shown(file="p", url="/v1/files/p", width=200, height=100, name="room.jpg")


def row(kind: str = "real") -> dict[str, Any]:
    return {"task": "segment", "variant": "v", "kind": kind}


def found(work: Work, kind: str = "real") -> Work:
    mask = {"file": "m", "url": "/v1/files/m"}
    return work.segmented({"mask": mask, "area_px": 50, "score": None}, ("small",), (row(kind),))


def selected() -> Work:
    return found(Work(picture=PICTURE).clicked((10, 20, 1)))


def image(media_type: str = "image/jpeg") -> dict[str, Any]:
    return {
        "image": {"file": "r", "url": "/r", "width": 200, "height": 100, "media_type": media_type},
        "box": [50, 0, 99, 9],
    }


def test_a_mask_belongs_to_its_points_only() -> None:
    work = selected().clicked((30, 40, 0))

    assert work.found is not None, "the old mask stays visible until the new one is here"
    assert work.uses_mask() is None, "but nothing may be done with it"
    assert found(work).uses_mask() == {"image": {"file": "p"}, "mask": {"file": "m"}}


def test_points_that_only_subtract_ask_nothing_without_a_box() -> None:
    work = Work(picture=PICTURE).clicked((10, 20, 0))

    assert work.asks() is None
    assert work.boxed((0, 0, 50, 60)).asks() == {
        "image": {"file": "p"},
        "points": [[10, 20, 0]],
        "box": [0, 0, 50, 60],
    }


def test_undo_takes_the_newest_back_and_at_last_the_mask() -> None:
    two = selected().clicked((30, 40, 1))

    assert two.undone().points == ((10, 20, 1),)
    assert two.undone().stale
    assert two.undone().undone().found is None
    assert Work(picture=PICTURE).boxed((0, 0, 5, 5)).undone().box is None


def test_another_picture_keeps_nothing_of_the_old_one() -> None:
    assert selected().opened(PICTURE) == Work(picture=PICTURE)


def test_a_result_can_go_on_as_the_picture_with_its_account() -> None:
    made = selected().made("remove", image(), (), (row(),))

    assert made.result is not None and made.result.image.name == "room-remove.jpg"
    assert made.result.edge == 22.0
    assert made.back().uses_mask() is not None
    assert made.continued() == Work(picture=made.result.image, account=made.account)


def test_a_mock_anywhere_on_the_way_makes_the_result_a_mock() -> None:
    mocked = found(Work(picture=PICTURE).clicked((1, 1, 1)), "mock")

    assert mocked.made("cutout", image(), (), (row(),)).result.mock
    assert selected().made("fill", image(), (), (row("mock"),)).result.mock
    assert not selected().made("fill", image(), (), (row(),)).result.mock


def test_the_account_forgets_its_oldest_rows() -> None:
    work = Work(picture=PICTURE).clicked((1, 1, 1))
    for _ in range(KEPT + 5):
        work = found(work)

    assert len(work.account) == KEPT


def test_an_automatic_edge_is_left_to_the_server() -> None:
    assert edge_fields(dilate=None, feather=None, operation="remove") == {}
    assert edge_fields(dilate=9, feather=2, operation="remove") == {"dilate": 9, "feather": 2}
    assert edge_fields(dilate=9, feather=2, operation="cutout") == {"feather": 2}


def test_the_variant_to_be_loaded_is_the_best_rung_unless_it_is_ready() -> None:
    def model(name: str, state: str | None, *, feasible: bool = True) -> dict[str, Any]:
        shown = {"state": state} if state else None
        return {"variant": name, "task": "segment", "feasible": feasible, "state": shown}

    assert loading([model("big", None, feasible=False), model("small", "unloaded")], "segment") == "small"
    assert loading([model("small", "ready")], "segment") == ""
    assert loading([model("small", None)], "inpaint") == ""
