"""The drawing offices on which settings are chosen; nothing is trained on them."""

from __future__ import annotations

from rung.lab.sheets.style import Marking, Style, Weights

VALIDATION = (
    Style(
        name="free", font="FreeSans.ttf", panel_font="FreeSans.ttf", symbols="strokes", tolerance_share=0.65,
        weights=Weights(thick=0.45, thin=0.22, text=0.22), hatch=(45.0, 2.4),
        marking=Marking(finish=1.45, balloon=1.4, weld=1.25, gap=0.55),
    ),
    Style(
        name="gost", font="lc_opengost-br.lff", panel_font="NanumBarunGothic.ttf", language="ko", title_block="tall",
        weights=Weights(thick=0.6, thin=0.2, text=0.3), text_mm=(3.0, 4.0), times="-",
        marking=Marking(
            finish=1.3, said=("grade", "over", "parameter", ""), balloon=1.7, end="dot", weld=1.4, dashed="above",
        ),
    ),
    Style(
        name="standard", font="standard.lff", panel_font="standard.lff", above=False, upright=True, arrow="OPEN30",
        times="x", by="x", decimals=2, title_block="strip", weights=Weights(thick=0.35, thin=0.15, text=0.2),
        marking=Marking(finish=1.65, balloon=1.55, end="arrow", weld=1.15, gap=0.45, as_text=False),
    ),
)  # fmt: skip
