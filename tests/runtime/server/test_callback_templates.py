"""`{estimateId}` in a callback's URL."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from rung.runtime.errors import InvalidInput
from rung.runtime.server.templates import callback_url


class Asked(BaseModel):
    estimate_id: int | str | None = None
    name: str = ""
    exact: bool = True
    points: list[int] = []


@pytest.mark.parametrize(
    ("template", "url"),
    [
        ("", ""),
        ("https://a.test/x?y=1", "https://a.test/x?y=1"),
        ("https://a.test/estimates/{estimateId}/callback", "https://a.test/estimates/7/callback"),
        ("https://a.test/{estimate_id}?n={name}#{name}", "https://a.test/7?n=a%2F..%3Fb%20%C3%A9#a%2F..%3Fb%20%C3%A9"),
    ],
)
def test_a_name_in_braces_stands_for_the_inputs_field(template: str, url: str) -> None:
    assert callback_url(template, Asked(estimate_id=7, name="a/..?b é")) == url


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("https://{name}.test/x", "in the path only"),
        ("https://a.test:{estimateId}/x", "in the path only"),
        ("no server {estimateId}", "in the path only"),
        ("https://a.test/{estimatedId}", "nearest is 'estimate_id'"),
        ("https://a.test/{}", "no field ''"),
        ("https://a.test/{exact}", "no field 'exact'"),
        ("https://a.test/{points}", "no field 'points'"),
    ],
)
def test_what_it_cannot_stand_for_is_refused_by_name(template: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as told:
        callback_url(template, Asked(estimate_id=7, name="evil"))
    assert told.value.details["field"] == "options.callback"


def test_a_field_that_was_not_given_is_missed() -> None:
    with pytest.raises(InvalidInput, match="estimate_id, which is not given"):
        callback_url("https://a.test/{estimateId}", Asked())
