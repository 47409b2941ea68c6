"""What a sentence calls a variant's table is what `rung.toml` has to say, whatever the variant's name."""

import tomllib

import pytest

from rung.models.catalog import VARIANTS
from rung.runtime.sections import inner, section


@pytest.mark.parametrize("name", VARIANTS)
def test_the_table_that_is_named_is_read_as_that_variant_s(name: str) -> None:
    assert tomllib.loads(f"{section(name)}\nforce = true") == {"variant": {name: {"force": True}}}
    assert tomllib.loads(f"{inner(name, 'options')}\na = 1") == {"variant": {name: {"options": {"a": 1}}}}


def test_a_bare_name_stays_bare() -> None:
    assert section("u2net") == "[variant.u2net]" and section("a.b") == '[variant."a.b"]'
