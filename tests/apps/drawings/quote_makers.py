"""Items for the cost engine's tests."""

from rung.apps.drawings.quoting.items import Item
from rung.apps.drawings.quoting.stock import Input


def given(name: str, value: float | str, unit: str = "") -> Input:
    return Input(name=name, value=value, unit=unit, source="given")


def item(
    name: str = "part",
    size: str = "OD100×ID60×50L",
    material: str = "SS400",
    quantity: int = 1,
    features: tuple[str, ...] = (),
    treatments: tuple[str, ...] = (),
) -> Item:
    return Item(
        name=name,
        quantity=given("quantity", quantity),
        material=given("material", material) if material else None,
        size=given("size", size) if size else None,
        features=tuple(given("feature", one) for one in features),
        treatments=tuple(given("treatment", one) for one in treatments),
    )
