"""The cost engine: the replaced system's rules with its figures, and none of its inventions."""

import math
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from pydantic import ValidationError
from quote_makers import given, item

from rung.apps.drawings.page_order import inputs_of
from rung.apps.drawings.page_words import WORDS
from rung.apps.drawings.quoting.costs import costed
from rung.apps.drawings.quoting.items import Costed, Item, Line
from rung.apps.drawings.quoting.pricing import named, shipped, with_given
from rung.apps.drawings.quoting.quotation_words import input_words
from rung.apps.drawings.quoting.stock import sides_of

PRICING = shipped()


def amounts(made: Costed) -> dict[str, int]:
    return {line.key: line.amount_krw for line in made.lines}


def line(made: Costed, key: str) -> Line:
    return next(one for one in made.lines if one.key == key)


def source(made: Costed, key: str, name: str) -> str:
    (found,) = [one.source for one in line(made, key).inputs if one.name == name]
    return found


# --- the rules, with figures worked out by hand ---------------------------------------------------------------


def test_a_hollow_part_is_priced_as_the_rules_say() -> None:
    made = costed(item("bearing ring with keyway", quantity=2, treatments=("조질",)), PRICING)

    # Stock 105 x 57 x 53 mm: 2.5409 kg. 70,000 x 0.5 (under 10 kg) x 1.3 (keyway) x 2.
    assert made.mass_kg == 2.541
    assert amounts(made) == {
        "material": 4_320,
        "scrap": 346,
        "material-margin": 700,
        "machining": 91_000,
        "machining-margin": 18_200,
        "treatment": 4_065,
        "setup": 50_000,
        "inspection": 5_059,
        "transport": 254,
    }


def test_a_plate_has_its_own_allowance_and_scrap() -> None:
    made = costed(item("plate", "200×100×20"), PRICING)

    kg = 203 * 103 * 23 * 7.85e-6
    assert made.mass_kg == round(kg, 3)
    assert amounts(made)["material"] == round(kg * 850) and amounts(made)["scrap"] == round(kg * 850 * 0.05)


def test_a_solid_part_has_no_hole_to_make_smaller() -> None:
    made = costed(item("shaft", "OD50×100L"), PRICING)

    assert made.mass_kg == round(math.pi / 4 * 55**2 * 103 * 7.85e-6, 3)


@pytest.mark.parametrize(("count", "share"), [(9, 0), (10, 0.05), (49, 0.05), (50, 0.10), (100, 0.15)])
def test_the_discount_begins_at_its_count_and_the_setup_ends_at_five(count: int, share: float) -> None:
    found = amounts(costed(item(quantity=count), PRICING))

    assert found.get("discount", 0) == pytest.approx(-share * (found["material"] + found["scrap"]), abs=1)
    assert "setup" not in found
    assert "setup" in amounts(costed(item(quantity=5), PRICING))


@pytest.mark.parametrize(
    ("made", "difficulty"),
    [
        (item("pad"), 1),
        (item("pad", material="SUS304"), 1.3),
        (item("pad", "OD100×ID80×50L"), 1.2),
        (item("pad", "OD100×ID90×50L"), 1.4),
        (item("pad", "OD900×50L"), 1.15),
        (
            item(
                "pad", features=("keyway", "groove", "tapping", "연삭", "lapping", "boring", "slot", "hole", "chamfer")
            ),
            2.9,
        ),
        (
            item(
                "pad assembly",
                "OD900×ID800×50L",
                "SUS304",
                features=("keyway", "groove", "grinding", "lapping", "slot"),
            ),
            3,
        ),
    ],
)
def test_difficulty_adds_up_and_is_capped(made: Item, difficulty: float) -> None:
    assert f" × {difficulty:g} × 1" in line(costed(made, PRICING), "machining").formula


@pytest.mark.parametrize(
    ("size", "factor"),
    [("OD30×20L", 0.3), ("OD100×100L", 0.5), ("OD200×100L", 1), ("OD400×100L", 1.5), ("OD700×200L", 2)],
)
def test_machining_grows_with_the_mass(size: str, factor: float) -> None:
    assert f" × {factor:g} × 1 × 1" in line(costed(item(size=size), PRICING), "machining").formula


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("THRUST CASING", 90_000),
        ("bearing casing", 100_000),
        ("BEARING RING", 70_000),
        ("Thrust Pads", 60_000),
        ("locking plate", 15_000),
        ("심", 10_000),
        ("스러스트 패드", 60_000),
    ],
)
def test_the_longest_word_names_the_part(name: str, base: float) -> None:
    found = named(name, PRICING.parts)

    assert found and found[0].base == base


def test_a_word_within_another_word_names_nothing() -> None:
    assert named("string", PRICING.parts) is None and named("spindle", PRICING.standard_parts) is None


# --- nothing is made up -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (item(size=""), "size"),
        (item(size="OD100×ID60"), "length_mm"),
        (item(size="120×80"), "size"),
        (item(size="1,200×600×10"), "size"),
        (item(size="OD60×ID100×50L"), "inner_mm"),
        (item(material=""), "material"),
        (item(material="UNOBTANIUM"), "material"),
        (item(treatments=("흑착색",)), "treatments"),
    ],
)
def test_what_is_missing_is_asked_for_and_nothing_is_priced(made: Item, field: str) -> None:
    found = costed(made, PRICING)

    assert [need.field for need in found.needs] == [field]
    assert found.lines == () and found.needs[0].question and found.needs[0].question_ko


def test_an_assumption_is_made_only_where_it_is_switched_on_and_is_told() -> None:
    part = item("pad", "OD100×ID60")

    assert costed(part, PRICING, frozenset({"mass", "material"})).lines == ()
    made = costed(part, PRICING, frozenset({"length"}))

    assert "100 mm is assumed" in made.assumptions[0].text
    assert [one.source for one in line(made, "material").inputs if one.name == "length_mm"] == ["assumed"]


def test_a_mass_from_sizes_is_told_as_computed_with_what_went_in_the_least_certain_first() -> None:
    sized, short = item("pad"), item("pad", "OD100×ID60")

    told = [costed(sized, PRICING), costed(short, PRICING, frozenset({"length"}))]

    masses = [one for made in told for one in line(made, "transport").inputs if one.name == "mass_kg"]
    assert [(one.source, one.computed_from) for one in masses] == [
        ("computed", ("given", "table")),
        ("computed", ("assumed", "given", "table")),
    ]
    assert [input_words(one).rpartition("[")[2] for one in masses] == ["계산: 제시·기준표]", "계산: 가정·제시·기준표]"]
    pages = [dict(inputs_of({"inputs": [asdict(one)]}, "ko")) for one in masses]
    assert [list(page.values()) for page in pages] == [["computed"], ["computed_assumed"]]
    assert all(f"source_{source}" in WORDS for page in pages for source in page.values())


def test_an_assumed_mass_and_material_are_told_too() -> None:
    made = costed(item("casing", size="", material=""), PRICING, frozenset({"mass", "material"}))

    assert made.mass_kg == 80 and made.shape is None
    assert len(made.assumptions) == 2
    assert {one.name for one in line(made, "material").inputs if one.source == "assumed"} >= {
        "mass_kg",
        "material",
        "price",
    }


def test_what_no_steel_is_is_never_priced_and_weighed_as_steel() -> None:
    made = costed(item(material="AL6061"), PRICING, frozenset({"material"}))

    assert [need.field for need in made.needs] == ["material"] and made.needs[0].assume == ""


def test_a_grade_that_was_given_stays_given_where_only_its_price_is_assumed() -> None:
    made = costed(item(material="SM48C"), PRICING, frozenset({"material"}))

    told = {one.name: (one.value, one.source) for one in line(made, "material").inputs}
    assert told["material"] == ("SM48C", "given")
    assert told["price"][1] == told["density"][1] == "assumed"


@pytest.mark.parametrize(("one", "other"), [("SM45C", "S45C"), ("SM45C-N", "S45C-N"), ("SS275", "SS400")])
def test_a_steel_costs_the_same_under_all_its_names(one: str, other: str) -> None:
    first, second = (costed(item(material=name), PRICING, frozenset()) for name in (one, other))

    assert amounts(first) == amounts(second) and first.amount_krw > 0


def test_two_numbers_are_never_taken_for_an_outer_and_an_inner_diameter() -> None:
    assert "several things" in sides_of("120×80")  # type: ignore[operator]


def test_a_standard_part_costs_what_the_catalogue_says_and_a_missing_diameter_is_said() -> None:
    bolt, missing = item("hex bolt", "M24X120L", "", 4), item("bolt", "M22x80L", "")

    assert [need.field for need in costed(bolt, PRICING).needs] == ["unit_price_krw"], "the shipped prices are examples"
    assert amounts(costed(bolt, PRICING, frozenset({"catalogue"}))) == {"standard": ((1_400 + 19 * 120) * 4)}
    (need,) = costed(missing, PRICING, frozenset({"catalogue"})).needs
    assert "no bolt of 22 mm" in need.question


def test_a_caller_s_prices_come_before_the_shipped_ones_and_are_given() -> None:
    pricing = with_given({"materials": [{"names": ["SS400"], "price": 1_000, "density": 7.85}], "vat": 0.0})
    made = costed(item(), pricing)

    (price,) = [one for one in line(made, "material").inputs if one.name == "price"]
    assert (price.value, price.source) == (1_000, "given")
    with pytest.raises(ValidationError):
        with_given({"vatt": 0.1})


@pytest.mark.parametrize(
    ("rules", "key", "name", "other"),
    [
        (
            {"margin": {"machining": 0.25}},
            "machining-margin",
            "margin.machining",
            ("material-margin", "margin.material"),
        ),
        ({"scrap": {"round": 0.2}}, "scrap", "scrap", ("material-margin", "margin.material")),
        ({"allowance": {"outer": 9}}, "material", "allowance", ("scrap", "scrap")),
        ({"setup": {"amount": 9}}, "setup", "setup", ("inspection", "inspection")),
        ({"inspection": 0.1}, "inspection", "inspection", ("setup", "setup")),
    ],
)
def test_only_the_figure_that_a_caller_gave_is_given(
    rules: dict[str, Any], key: str, name: str, other: tuple[str, str]
) -> None:
    made = costed(item(), with_given(rules))

    assert source(made, key, name) == "given" and source(made, *other) == "table"


def test_figures_that_do_not_price_this_part_make_nothing_given() -> None:
    made = costed(
        item(), with_given({"scrap": {"plate": 0.2}, "allowance": {"plate": 9}, "setup": {"up_to_pieces": 9}})
    )

    told = ("scrap", "scrap"), ("material", "allowance"), ("setup", "setup")
    assert {source(made, key, name) for key, name in told} == {"table"}


def test_a_price_of_the_caller_s_makes_the_shipped_examples_of_other_parts_no_given_ones() -> None:
    own = {"name": "bolt", "words": ["bolt"], "prices": [{"diameter": 24, "base": 5_000}]}
    pricing = with_given({"standard_parts": [own]})

    bolt = costed(item("bolt", "M24X120L", "", 2), pricing)
    nut = costed(item("nut", "M24", "", 2), pricing)

    assert amounts(bolt) == {"standard": 10_000} and source(bolt, "standard", "catalogue") == "given"
    assert [need.field for need in nut.needs] == ["unit_price_krw"]
    assert costed(item("nut", "M24", "", 2), pricing, frozenset({"catalogue"})).assumptions


def test_a_treatment_of_the_caller_s_leaves_the_others_to_the_table() -> None:
    pricing = with_given({"treatments": [{"name": "chrome", "words": ["chrome"], "price": 9_000}]})
    made = costed(item(treatments=("chrome", "nitriding")), pricing)

    told = [one.source for found in made.lines for one in found.inputs if one.name == "treatments"]
    assert told == ["given", "table"]


def test_a_given_unit_price_stands_for_everything_else() -> None:
    made = costed(
        Item(name="motor", quantity=given("quantity", 3), unit_price=given("unit_price_krw", 120_000)), PRICING
    )

    assert amounts(made) == {"unit-price": 360_000}


@settings(deadline=None, max_examples=60)
@drawn(
    st.sampled_from(["pad", "casing", "thing"]),
    st.integers(20, 900),
    st.integers(1, 99),
    st.integers(1, 200),
    st.sampled_from(["SS400", "SUS304", "S45C-N"]),
)
def test_every_line_names_its_inputs_and_the_sum_is_theirs(
    name: str, outer: int, share: int, count: int, grade: str
) -> None:
    made = costed(item(name, f"OD{outer}×ID{outer * share // 100 or 1}×50L", grade, count), PRICING)

    assert made.lines and not made.needs
    assert all(one.inputs and one.formula and one.label_ko for one in made.lines)
    known = ("read", "given", "assumed", "table", "computed")
    assert all(
        one.source in known and (one.source == "computed") == bool(one.computed_from)
        for each in made.lines
        for one in each.inputs
    )
    assert made.amount_krw == sum(amounts(made).values()) > 0


# --- what contradicts, and what nobody knows --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "sides", "field", "said"),
    [
        ("OD120×ID80×50L", {"outer_mm": 500, "length_mm": 50}, "outer_mm", "500 mm is not what the size"),
        ("200×100×20", {"outer_mm": 500}, "outer_mm", "round or a plate"),
        ("", {"outer_mm": 50, "length_mm": 10, "width_mm": 5, "thickness_mm": 3}, "outer_mm", "round or a plate"),
    ],
)
def test_sides_that_contradict_each_other_are_asked_about_and_none_of_them_wins(
    size: str, sides: dict[str, float], field: str, said: str
) -> None:
    wanted = replace(item("pad", size), sides={name: given(name, value, "mm") for name, value in sides.items()})

    (need,) = costed(wanted, PRICING).needs

    assert need.field == field and said in need.question


def test_sides_that_say_what_the_size_says_or_complete_it_are_taken() -> None:
    wanted = replace(
        item("pad", "OD100"), sides={"outer_mm": given("outer_mm", 100), "length_mm": given("length_mm", 50)}
    )

    made = costed(wanted, PRICING)

    assert made.shape is not None and made.shape.sides == (100, 0, 50)


def test_a_feature_that_no_rule_knows_is_asked_about_and_not_left_out_in_silence() -> None:
    (need,) = costed(item("pad", features=("keyway", "teleport")), PRICING).needs

    assert need.field == "features" and "'teleport'" in need.question


@pytest.mark.parametrize(
    ("pricing", "key", "formula"),
    [
        ({"inspection": 0.025}, "inspection", "2.5% × "),
        ({"transport_per_kg": 50.5}, "transport", " kg × 50.5 × 1,000,000"),
    ],
)
def test_a_formula_shows_its_figures_as_they_are(pricing: dict[str, float], key: str, formula: str) -> None:
    made = costed(item("pad", quantity=1_000_000), with_given(pricing))

    assert formula in line(made, key).formula


def test_a_tax_of_more_than_the_whole_is_refused() -> None:
    with pytest.raises(ValidationError, match="vat"):
        with_given({"vat": 10})


def test_a_formula_worked_out_anew_gives_its_amount() -> None:
    made = costed(item("bearing ring", "OD120×ID80×50L", quantity=1200, treatments=("조질",)), PRICING)

    for key in ("material", "treatment", "transport"):
        one = line(made, key)
        factors = [float(part.removesuffix(" kg").replace(",", "")) for part in one.formula.split(" × ")]
        assert abs(math.prod(factors) - one.amount_krw) <= 1, one.formula
