"""Quotations: sums to the won, and which dimension may be what."""

from quote_makers import given, item

from rung.apps.drawings.quoting.costs import costed
from rung.apps.drawings.quoting.items import Item
from rung.apps.drawings.quoting.korean import in_hangul, particle
from rung.apps.drawings.quoting.pricing import shipped
from rung.apps.drawings.quoting.quotation import Terms, quotation
from rung.apps.drawings.quoting.quotation_words import inputs_words
from rung.apps.drawings.quoting.roles import Figure, candidates, features_of, roles_of

TERMS = Terms(date="2026-11-30", valid_days=30)
PRICING = shipped()


def figure(ref: str, kind: str, value: float, count: int = 1, reviewed: bool = False, text: str = "") -> Figure:
    return Figure(ref=ref, kind=kind, value=value, count=count, reviewed=reviewed, text=text or f"{value:g}")


def test_unit_price_times_quantity_is_the_amount_and_the_lines_add_up_to_it() -> None:
    items = [item("pad", quantity=7), item("casing", "OD400×ID300×80L", quantity=3)]

    made = quotation([(one, costed(one, PRICING)) for one in items], PRICING, TERMS)

    for one in made.items:
        assert one.unit_price_krw and one.unit_price_krw * one.quantity == one.amount_krw
        assert sum(line.amount_krw for line in one.lines) == one.amount_krw
    assert made.subtotal_krw == sum(one.amount_krw or 0 for one in made.items)
    assert made.total_krw == made.subtotal_krw + made.vat_krw
    assert abs(made.vat_krw - made.subtotal_krw / 10) <= 0.5
    assert made.complete and made.valid_until == "2026-12-30"


def test_an_item_that_cannot_be_priced_is_listed_without_an_amount_and_the_quotation_is_not_complete() -> None:
    items = [item("pad"), item("cover", size="")]

    made = quotation([(one, costed(one, PRICING)) for one in items], PRICING, TERMS)

    priced, open_ = made.items
    assert priced.amount_krw == made.subtotal_krw > 0
    assert (open_.amount_krw, open_.unit_price_krw, made.complete) == (None, None, False)
    assert open_.needs[0].field == "size"


def test_the_same_request_has_the_same_number_and_another_one_another() -> None:
    def numbered(name: str) -> str:
        one = item(name)
        return quotation([(one, costed(one, PRICING))], PRICING, TERMS).number

    assert numbered("pad") == numbered("pad") != numbered("ring")
    assert numbered("pad").startswith("Q-20261130-")


def test_sizes_are_told_as_one_reads_them() -> None:
    made = [item(size=size) for size in ("OD100×ID60×50L", "D50×100L", "200×100×20")]

    found = quotation([(one, costed(one, PRICING)) for one in made], PRICING, TERMS)

    assert [one.size for one in found.items] == ["⌀100×⌀60×50", "⌀50×100", "200×100×20"]


def test_a_size_of_many_figures_is_not_rounded_in_the_papers() -> None:
    one = item("pad", "OD1234.567×20L")

    (made,) = quotation([(one, costed(one, PRICING))], PRICING, TERMS).items

    assert made.size == "⌀1234.567×20"


def test_what_makes_a_part_difficult_is_said_in_korean_on_the_paper() -> None:
    one = item("ring", "OD1500×ID1400×80L", features=("keyway",))

    made = quotation([(one, costed(one, PRICING))], PRICING, TERMS)

    (machining,) = (line for line in made.items[0].lines if line.key == "machining")
    said = inputs_words(machining.inputs)
    assert "(키홈)" in said and "(대형: 외경 1500 > 800 mm)" in said and "(얇은 벽: 내경/외경 = 0.933 > " in said


def test_sums_are_repeated_in_hangul() -> None:
    assert in_hangul(1_234_000) == "일백이십삼만사천"
    assert in_hangul(100_000_010) == "일억일십"
    assert in_hangul(0) == "영"


def test_particles_fit_the_word_before_them() -> None:
    assert [particle(word, "은", "는") for word in ("외경", "길이", "⌀120")] == ["외경은", "길이는", "⌀120은"]
    assert [particle(word, "으로", "로") for word in ("50", "91", "4", "25H7")] == ["50으로", "91로", "4로", "25H7로"]
    assert particle("SS400A", "을", "를") == "SS400A을(를)"


def test_a_given_price_needs_nothing_else() -> None:
    one = Item(name="motor", quantity=given("quantity", 2), unit_price=given("unit_price_krw", 150_000))

    made = quotation([(one, costed(one, PRICING))], PRICING, TERMS)

    assert (made.items[0].amount_krw, made.items[0].size) == (300_000, "")


# --- roles -------------------------------------------------------------------------------------------------


def test_outer_diameter_hole_and_length_are_found_by_rule_and_bolt_holes_are_not() -> None:
    drawn = [
        figure("a", "diameter", 120),
        figure("b", "diameter", 80),
        figure("c", "diameter", 9, 4),
        figure("d", "diameter", 10),
        figure("e", "diameter", 100, text="PCD100"),
        figure("f", "length", 50),
        figure("g", "length", 12),
    ]

    assert {role.side: role.figure.ref for role in roles_of(drawn)} == {
        "outer_mm": "a",
        "inner_mm": "b",
        "length_mm": "f",
    }


def test_small_diameters_on_a_plate_are_no_outline() -> None:
    assert roles_of([figure("a", "diameter", 12), figure("b", "length", 200)]) == ()


def test_candidates_are_those_of_the_kind_reviewed_ones_first() -> None:
    drawn = [figure("a", "diameter", 120), figure("b", "diameter", 80, reviewed=True), figure("c", "length", 50)]

    assert [one.ref for one in candidates("outer_mm", drawn)] == ["b", "a"]
    assert [(one.ref, one.value) for one in candidates("length_mm", drawn)] == [("c", 50)]


def test_features_are_those_that_dimensions_show() -> None:
    drawn = [
        figure("a", "thread", 8),
        figure("b", "thread", 6),
        figure("c", "diameter", 9, 4),
        figure("d", "length", 5),
    ]

    assert [(name, one.ref) for name, one in features_of(drawn)] == [("thread", "a"), ("hole", "c")]
