"""The drawing offices that models may be trained on."""

from __future__ import annotations

from rung.lab.sheets.style import Marking, Style, Weights

TRAIN = (
    Style(name="dejavu", font="DejaVuSans.ttf", panel_font="DejaVuSans.ttf", diameter="Ø"),
    Style(
        name="iso-strokes", font="iso3098.lff", panel_font="NanumGothic.ttf", diameter="Ø", language="ko",
        title_block="tall", text_mm=(2.5, 3.5), weights=Weights(thick=0.5, thin=0.18, text=0.25),
        papers=("A3", "A4", "A4 upright"),
        marking=Marking(finish=1.6, balloon=1.3, end="dot", weld=1.1, gap=0.6, dashed="above"),
    ),
    Style(
        name="arial-like", font="LiberationSans-Regular.ttf", panel_font="LiberationSans-Regular.ttf", above=False,
        upright=True, title_block="strip", grid_border=False, times="x", by="x",
        weights=Weights(thick=0.4, thin=0.2, text=0.2), text_mm=(2.5, 3.0),
        marking=Marking(finish=1.2, said=("over", "grade", ""), balloon=1.8, weld=1.5, gap=0.4),
    ),
    Style(
        name="simplex", font="simplex.lff", panel_font="NanumGothic.ttf", language="ko", times="-",
        by="x", diameter="⌀", arrow="tick",
        weights=Weights(thick=0.35, thin=0.13, text=0.18), text_mm=(2.5, 3.5), papers=("A3", "A2"),
        marking=Marking(
            finish=1.5, said=("grade", "grade", "over", ""), end="none", balloon=1.6, gap=0.7, as_text=False,
        ),
    ),
    Style(
        name="slanted", font="iso3098_i.lff", panel_font="iso3098.lff", comma=",", decimals=2, arrow="OPEN30",
        title_block="tall", hatch=(45.0, 3.0), weights=Weights(thick=0.7, thin=0.35, text=0.35),
        marking=Marking(finish=1.3, weld=1.6, dashed="above", balloon=1.4, end="dot"),
    ),
    Style(
        name="roboto", font="Roboto-Regular.ttf", panel_font="Roboto-Light.ttf", diameter="Ø",
        tolerance_share=0.6, decimals=1, text_mm=(2.8, 4.0), title_block="strip",
        marking=Marking(finish=1.7, said=("parameter",), balloon=2.0, weld=1.2, as_text=False),
    ),
)  # fmt: skip
