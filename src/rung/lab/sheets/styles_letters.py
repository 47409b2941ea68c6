"""Twelve drawing offices in letters of their own, on which settings are chosen; nothing is trained on them.

Their fonts are of more packages than those of the other splits: `PACKAGES`.
"""

from __future__ import annotations

from rung.lab.sheets.style import Marking, Style, Weights

PACKAGES = (
    "fonts-anonymous-pro fonts-clear-sans fonts-jura fonts-jetbrains-mono fonts-quicksand fonts-adf-universalis "
    "fonts-adf-switzera fonts-unfonts-core fonts-naver-d2coding fonts-go fonts-paratype"
)
_D2 = "D2Coding-Ver1.3.2-20180524-all.ttc"

LETTERS = (
    Style(
        name="anonymous", font="Anonymous Pro.ttf", panel_font="ClearSans-Regular.ttf",
        weights=Weights(thick=0.5, thin=0.2, text=0.2),
    ),
    Style(
        name="jura", font="Jura-Light.otf", panel_font="Jura-Regular.otf", text_mm=(2.5, 3.5), times="x", by="x",
        above=False, upright=True, title_block="strip", marking=Marking(finish=1.5, as_text=False),
    ),
    Style(
        name="clear", font="ClearSans-Regular.ttf", panel_font="NanumGothic.ttf", language="ko", title_block="tall",
        comma=",", decimals=2, arrow="OPEN30",
    ),
    Style(
        name="jetbrains", font="JetBrainsMono-Light.ttf", panel_font="JetBrainsMono-Light.ttf", tolerance_share=0.6,
        times="-", weights=Weights(thick=0.35, thin=0.13, text=0.18), arrow="tick",
    ),
    Style(
        name="quicksand", font="Quicksand-Regular.ttf", panel_font="NanumBarunGothic.ttf", language="ko",
        text_mm=(2.8, 3.6), marking=Marking(finish=1.4, said=("over", "grade", ""), dashed="above", end="dot"),
    ),
    Style(
        name="universalis", font="UniversalisADFStd-Cond.otf", panel_font="ClearSans-Light.ttf", oblique=15.0,
        above=False, upright=True, times="X", by="x", weights=Weights(thick=0.6, thin=0.3, text=0.25),
    ),
    Style(
        name="switzera", font="SwitzeraADF-Cond.otf", panel_font="SwitzeraADF-Regular.otf", symbols="glyphs",
        decimals=1, title_block="strip", text_mm=(2.5, 3.0),
    ),
    Style(
        name="undotum", font="UnDotum.ttf", panel_font="UnDotum.ttf", language="ko", title_block="tall",
        text_mm=(3.0, 4.0), marking=Marking(balloon=1.8, weld=1.4, gap=0.4),
    ),
    Style(name="d2", font=_D2, panel_font=_D2, diameter="⌀", language="ko", width=0.85, arrow="OPEN30"),
    Style(
        name="go-mono", font="Go-Mono.ttf", panel_font="PTN57F.ttf", times="x", by="x", tolerance_share=0.75,
        weights=Weights(thick=0.4, thin=0.2, text=0.2), arrow="tick",
    ),
    Style(
        name="pt-narrow", font="PTN57F.ttf", panel_font="PTN57F.ttf", text_mm=(2.5, 3.5), comma=",",
        title_block="strip", above=False, upright=True,
    ),
    Style(
        name="cyrillic", font="cyrillic_ii.lff", panel_font="NanumGothic.ttf", language="ko", title_block="tall",
        times="-", weights=Weights(thick=0.5, thin=0.18, text=0.25), papers=("A3", "A4"),
    ),
)  # fmt: skip
