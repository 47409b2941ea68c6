"""What docs/quoting.md tells people to type, typed."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from pages import ROOT, rung
from test_readme import blocks

from rung.apps.drawings.quoting.items import Assumable
from rung.apps.drawings.quoting.pricing import is_own, shipped, with_given
from rung.apps.drawings.quoting.stock import Source

PAGE = ROOT / "docs/quoting.md"


def test_the_command_prices_the_part_and_writes_both_papers(tmp_path: Path) -> None:
    (command,) = blocks(PAGE, "sh")

    answer = json.loads(rung(tmp_path, *shlex.split(command)[1:], "--json"))["output"]

    assert answer["complete"] and answer["total_krw"] > 0 and answer["items"][0]["mass_kg"] == 3.168
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".pdf", ".xlsx"}


def test_the_rules_of_the_page_are_rules_and_the_caller_s() -> None:
    (shown,) = blocks(PAGE, "json")

    pricing = with_given(json.loads(shown))

    assert pricing.given == {"vat", "margin.machining"}
    assert (pricing.margin.machining, pricing.materials[0].names) == (0.25, ["AL6061"])
    assert is_own(pricing.materials[0], pricing.materials, shipped().materials)
    assert not is_own(pricing.materials[1], pricing.materials, shipped().materials)


def test_the_page_explains_every_source_and_whatever_may_be_assumed() -> None:
    text = PAGE.read_text(encoding="utf-8")

    assert [word for word in (*Source.__args__, *Assumable.__args__) if f"| `{word}` |" not in text] == []
