"""The architects' offices: those that models may be trained on, and those on which settings are chosen."""

from __future__ import annotations

from rung.lab.sheets.style import Style, Weights

CHAINS_TRAIN = (
    Style(
        name="windows", font="iso.lff", panel_font="NanumGothic.ttf", language="ko", arrow="tick", arrow_mm=1.5,
        weights=Weights(thick=0.35, thin=0.13, text=0.15), text_mm=(1.8, 2.5), draws="buildings",
    ),
    Style(
        name="doors", font="Lato-Light.ttf", panel_font="NanumGothic.ttf", language="ko", arrow="DOT", arrow_mm=0.8,
        weights=Weights(thick=0.3, thin=0.1, text=0.13), text_mm=(2.0, 3.0), title_block="tall", draws="buildings",
    ),
)  # fmt: skip
CHAINS = (
    Style(
        name="narrow", font="DejaVuSansCondensed.ttf", panel_font="NanumBarunGothic.ttf", language="ko", arrow="tick",
        arrow_mm=1.5, weights=Weights(thick=0.3, thin=0.13, text=0.13), text_mm=(1.8, 2.5), draws="buildings",
    ),
    Style(
        name="plotted", font="unicode.lff", panel_font="NanumBarunGothic.ttf", language="ko", arrow="DOT",
        arrow_mm=0.8, title_block="strip", weights=Weights(thick=0.35, thin=0.1, text=0.18), text_mm=(2.0, 3.0),
        draws="buildings",
    ),
    Style(
        name="bold", font="NanumBarunGothicBold.ttf", panel_font="NanumBarunGothic.ttf", language="ko", arrow="",
        arrow_mm=1.2, title_block="tall", grid_border=False, width=0.85,
        weights=Weights(thick=0.4, thin=0.18, text=0.18), text_mm=(2.2, 3.0), draws="buildings",
    ),
)  # fmt: skip
