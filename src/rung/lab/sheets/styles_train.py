"""The drawing offices that models may be trained on."""

from __future__ import annotations

from rung.lab.sheets.style import Style, Weights

TRAIN = (
    Style(name="dejavu", font="DejaVuSans.ttf", panel_font="DejaVuSans.ttf", diameter="Ø"),
    Style(
        name="iso-strokes", font="iso3098.lff", panel_font="NanumGothic.ttf", diameter="Ø", language="ko",
        title_block="tall", text_mm=(2.5, 3.5), weights=Weights(thick=0.5, thin=0.18, text=0.25),
        papers=("A3", "A4", "A4 upright"),
    ),
    Style(
        name="arial-like", font="LiberationSans-Regular.ttf", panel_font="LiberationSans-Regular.ttf", above=False,
        upright=True, title_block="strip", grid_border=False, times="x", by="x",
        weights=Weights(thick=0.4, thin=0.2, text=0.2), text_mm=(2.5, 3.0),
    ),
    Style(
        name="simplex", font="simplex.lff", panel_font="NanumGothic.ttf", language="ko", times="-",
        by="x", diameter="⌀", arrow="tick",
        weights=Weights(thick=0.35, thin=0.13, text=0.18), text_mm=(2.5, 3.5), papers=("A3", "A2"),
    ),
    Style(
        name="slanted", font="iso3098_i.lff", panel_font="iso3098.lff", comma=",", decimals=2, arrow="OPEN30",
        title_block="tall", hatch=(45.0, 3.0), weights=Weights(thick=0.7, thin=0.35, text=0.35),
    ),
    Style(
        name="roboto", font="Roboto-Regular.ttf", panel_font="Roboto-Light.ttf", diameter="Ø",
        tolerance_share=0.6, decimals=1, text_mm=(2.8, 4.0), title_block="strip",
    ),
)  # fmt: skip
