"""The drawing offices of the figures that are published.

Written after every model and every setting; nothing is trained or chosen on them. Whoever looks at them to choose
something writes others for the next figures.
"""

from __future__ import annotations

from rung.lab.sheets.style import Marking, Style, Weights

TEST = (
    Style(
        name="osifont", font="osifont.ttf", panel_font="osifont.ttf", symbols="glyphs", title_block="strip",
        weights=Weights(thick=0.5, thin=0.25, text=0.25), text_mm=(2.8, 3.5), hatch=(45.0, 2.2),
        marking=Marking(finish=1.5, said=("parameter", "parameter", ""), balloon=1.45, weld=1.3, gap=0.5),
    ),
    Style(
        name="routed", font="routed-gothic.ttf", panel_font="NanumSquareR.ttf", language="ko", title_block="wide",
        weights=Weights(thick=0.55, thin=0.2, text=0.2), text_mm=(3.0, 4.0), times="-", by="x", arrow="OPEN30",
        grid_border=False, tolerance_share=0.6, papers=("A3", "A4"),
        marking=Marking(
            finish=1.35, said=("grade", "over", "parameter"), balloon=1.75, end="dot", weld=1.45, dashed="above",
        ),
    ),
    Style(
        name="narrow", font="LiberationSansNarrow-Regular.ttf", panel_font="LiberationSansNarrow-Regular.ttf",
        above=False, upright=True, times="x", by="x", decimals=1, title_block="tall", hatch=(135.0, 2.6),
        weights=Weights(thick=0.4, thin=0.18, text=0.2), text_mm=(3.0, 3.8),
        marking=Marking(finish=1.6, said=("over", ""), balloon=1.6, end="none", weld=1.2, gap=0.6, as_text=False),
    ),
    Style(
        name="gost-a", font="lc_opengost-ar.lff", panel_font="NanumBarunGothic.ttf", language="ko", title_block="strip",
        weights=Weights(thick=0.6, thin=0.2, text=0.28), text_mm=(3.2, 4.0), comma=",", tolerance_share=0.65,
        papers=("A3", "A2"),
        marking=Marking(finish=1.25, balloon=1.35, weld=1.55, gap=0.4),
    ),
    Style(
        name="mono", font="FreeMono.ttf", panel_font="Lato-Regular.ttf", diameter="⌀", times="X", by="x", arrow="tick",
        title_block="tall", weights=Weights(thick=0.5, thin=0.15, text=0.18), text_mm=(3.0, 3.6), hatch=(30.0, 2.5),
        marking=Marking(
            finish=1.4, said=("parameter", "grade", ""), balloon=1.9, end="dot", weld=1.1, dashed="above",
            as_text=False,
        ),
    ),
)  # fmt: skip
