"""The Pareto picture: well-formed, with every setting that was measured, the front, and what was left out."""

from xml.etree import ElementTree

from rung.lab.grid import all_settings, vary_of
from rung.lab.picture import pareto_picture
from rung.lab.study import Sample, rows

SVG = "{http://www.w3.org/2000/svg}"


def test_each_setting_is_a_mark_and_what_has_no_figures_is_counted() -> None:
    samples = [Sample(setting=at, case="0", error=0.1 * at, seconds=3.0 - at) for at in range(3)]
    found = rows(all_settings([vary_of("words", ["a<b", "c&d", "e", "f"])]), samples)

    picture = ElementTree.fromstring(pareto_picture(found, title="t", metric="volume_error", chosen=2))

    texts = [str(one.text) for one in picture.iter(f"{SVG}text")]
    assert len(list(picture.iter(f"{SVG}circle"))) == 3
    assert "words=a<b (baseline)" in texts
    assert "words=e (recommended)" in texts
    assert "1 of 4 settings have no figures" in texts


def test_the_front_is_drawn_through_what_nothing_beats_only() -> None:
    samples = [
        Sample(setting=at, case="0", error=error, seconds=seconds)
        for at, (seconds, error) in enumerate([(4.0, 0.1), (3.0, 0.5), (2.0, 0.3)])
    ]
    picture = ElementTree.fromstring(
        pareto_picture(rows(all_settings([vary_of("n", [3, 2, 1])]), samples), title="", metric="", chosen=None)
    )

    (line,) = picture.iter(f"{SVG}polyline")
    assert len(line.attrib["points"].split()) == 3  # two ends and the step between them


def test_with_nothing_measured_there_is_still_a_picture() -> None:
    empty = rows(all_settings([vary_of("n", [2, 1])]), [])

    assert "2 of 2 settings have no figures" in pareto_picture(empty, title="t", metric="m", chosen=None)
