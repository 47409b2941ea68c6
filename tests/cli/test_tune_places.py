"""What a varied parameter is, and what it does to settings, inputs and rung.toml."""

import tomllib

import pytest

from rung.cli.tune_places import (
    Answering,
    Fixed,
    InputField,
    checked,
    fields_of,
    loaded_with,
    place_of,
    settings_with,
)
from rung.cli.tune_write import Line, lines_of, written
from rung.runtime.errors import ConfigError, InvalidInput
from rung.runtime.settings import Settings, VariantSettings
from rung.runtime.spec import Footprint, Placeable, Variant


def variant(name: str, **options: object) -> Variant:
    place = Placeable(device="cpu", precision="fp32", footprint=Footprint(resident=1), caps={"side": 512})
    return Variant(
        name=name,
        task="reconstruct",
        title="",
        loader="m:C",
        runtime="onnx",
        kind="real",
        places=(place,),
        options=options,
    )


VARIANTS = {one.name: one for one in (variant("sam3d", steps=15, compile=False), variant("sam3d.small", steps=8))}
FIELDS = ("image", "steps", "preview")


def test_a_field_comes_before_anything_else_and_a_variant_is_the_longest_name_that_fits() -> None:
    assert place_of("steps", FIELDS, VARIANTS) == InputField("steps")
    assert place_of("variant", FIELDS, VARIANTS) == Answering()
    assert place_of("sam3d.compile", FIELDS, VARIANTS) == Fixed("sam3d", "options", "compile")
    assert place_of("sam3d.small.steps", FIELDS, VARIANTS) == Fixed("sam3d.small", "options", "steps")
    assert place_of("sam3d.caps.side", FIELDS, VARIANTS) == Fixed("sam3d", "caps", "side")
    assert place_of("sam3d.precision", FIELDS, VARIANTS) == Fixed("sam3d", "plain", "precision")


@pytest.mark.parametrize(
    ("name", "said"),
    [("step", "did you mean 'steps'"), ("sam3d.stepz", "did you mean 'steps'"), ("sam3d.caps.batch", "to vary")],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        place_of(name, FIELDS, VARIANTS)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (Answering(), "sam9"),
        (Fixed("sam3d", "plain", "precision"), "fp99"),
        (Fixed("sam3d", "plain", "threads"), 0),
        (Fixed("sam3d", "caps", "side"), 1.5),
        (Fixed("sam3d", "options", "steps"), None),
    ],
)
def test_a_value_that_its_place_cannot_have_is_refused(place: Answering | Fixed, value: object) -> None:
    with pytest.raises(InvalidInput):
        checked("p", place, [value], VARIANTS)  # type: ignore[list-item]


def test_a_setting_is_taken_apart_into_fields_and_what_holds_from_the_load_on() -> None:
    places = {name: place_of(name, FIELDS, VARIANTS) for name in ("steps", "preview", "sam3d.compile", "sam3d.threads")}
    setting = {"steps": None, "preview": "png", "sam3d.compile": True, "sam3d.threads": 2}

    assert fields_of(setting, places) == {"preview": "png"}  # null: the field's own default
    before = Settings(data_dir="", cache_dir="", variants={"sam3d": VariantSettings(options={"steps": 20})})
    after = settings_with(before, loaded_with(setting, places)).variants["sam3d"]
    assert after == VariantSettings(options={"steps": 20, "compile": True}, threads=2)


# --- rung.toml -----------------------------------------------------------------------------------------------


def test_a_field_is_written_as_the_option_of_the_one_variant_that_answered() -> None:
    places = {"steps": InputField("steps"), "preview": InputField("preview")}

    lines, left = lines_of({"steps": 15, "preview": "png"}, places, ("depth", "sam3d"), VARIANTS)

    assert lines == (Line(("variant", "sam3d", "options"), "steps", 15),)
    assert left == ('preview is a field of the request: send preview="png"; it was not written.',)


def test_the_answering_variant_becomes_the_head_of_its_tasks_ladder() -> None:
    lines, _ = lines_of({"variant": "sam3d"}, {"variant": Answering()}, (), VARIANTS)

    assert lines == (Line(("task", "reconstruct"), "ladder", ["sam3d"]),)


LINE = Line(("variant", "sam3d.small", "options"), "steps", 15)
COMMENTED = """# mine
[machine]
threads = 2  # not more

[variant."sam3d.small".options]
other = "a # b"
steps = 25  # as shipped
[server]
port = 8001
"""


def test_an_old_value_is_replaced_and_everything_else_stays_word_for_word() -> None:
    assert written(COMMENTED, [LINE]) == COMMENTED.replace("steps = 25", "steps = 15")


@pytest.mark.parametrize("text", ["", "[machine]\nthreads = 2", '[variant."sam3d.small"]\nthreads = 1\n'])
def test_where_there_is_no_such_table_it_comes_to_the_end(text: str) -> None:
    said = tomllib.loads(written(text, [LINE]))

    assert said["variant"]["sam3d.small"]["options"] == {"steps": 15}
    assert {k: v for k, v in said.items() if k != "variant"} == {
        k: v for k, v in tomllib.loads(text).items() if k != "variant"
    }


@pytest.mark.parametrize(
    "text",
    [
        '[variant."sam3d.small"]\noptions = { steps = 25 }\n',
        'variant = { "sam3d.small" = { threads = 1 } }\n',
        'note = """\n[variant."sam3d.small".options]\n"""\n',
    ],
)
def test_what_cannot_be_changed_safely_is_left_alone_and_the_lines_are_told(text: str) -> None:
    with pytest.raises(ConfigError, match=r'\[variant\."sam3d\.small"\.options\]\nsteps = 15'):
        written(text, [LINE])
