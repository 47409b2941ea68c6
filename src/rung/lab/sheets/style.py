"""How a drawing office draws: fonts, line weights, arrows, habits of lettering and of laying out a sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Line widths in millimetres."""

    thick: float = 0.5
    thin: float = 0.25
    text: float = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """How signs are drawn. Sizes are in heights of the dimension text.

    finish: the short leg of a finish mark. said: what finish marks may carry. balloon: a balloon's radius. end: of
    its leader. weld: the sign of a joint. gap, dashed: where the identification line of a weld lies. as_text: as
    thick as letters, else as thin lines are. much: how likely a view has signs of a kind.
    """

    finish: float = 1.4
    said: tuple[Literal["parameter", "over", "grade", ""], ...] = ("parameter", "parameter", "over", "grade", "")
    balloon: float = 1.5
    end: Literal["arrow", "dot", "none"] = "arrow"
    weld: float = 1.3
    gap: float = 0.5
    dashed: Literal["below", "above"] = "below"
    as_text: bool = True
    much: float = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """One office's habits. Every range is (least, most) and drawn from per sheet.

    font: of dimensions, frames and notes; panel_font: of title block and tables. symbols: how characteristics of
    frames are drawn: by the glyphs of `symbol_font`, or with strokes as CAD's own symbol fonts are.
    text_mm: capital height of dimensions. above: dimension text above its line, else in a gap of it. upright: all
    dimension text is horizontal. diameter, times, by, comma: what is printed for ⌀, for × after a count, for ×
    elsewhere, and for the decimal point.
    tolerance_share: height of stacked deviations as a share of the text's. decimals: digits of nominals, always
    printed; None: as many as needed. arrow: an ezdxf arrow's name; empty is the filled one; "tick": a slash.
    oblique, width: of letters, in degrees and as a factor. language: of title block and notes.
    hatch: angle in degrees, and millimetres between lines. marking: of signs. draws: parts of machines, or windows and
    fronts of buildings with chains of dimensions.
    """

    name: str
    font: str
    panel_font: str
    symbol_font: str = "osifont.ttf"
    symbols: Literal["strokes", "glyphs"] = "strokes"
    weights: Weights = field(default_factory=Weights)
    papers: tuple[str, ...] = ("A3",)
    text_mm: tuple[float, float] = (3.0, 3.5)
    above: bool = True
    upright: bool = False
    diameter: str = "Ø"
    times: str = "×"
    by: str = "×"
    comma: str = "."
    tolerance_share: float = 0.7
    decimals: int | None = None
    arrow: str = ""
    arrow_mm: float = 3.0
    oblique: float = 0.0
    width: float = 1.0
    language: Literal["en", "ko"] = "en"
    title_block: Literal["wide", "tall", "strip"] = "wide"
    grid_border: bool = True
    hatch: tuple[float, float] = (45.0, 2.0)
    clutter: float = 0.3
    marking: Marking = field(default_factory=Marking)
    draws: Literal["machines", "buildings"] = "machines"

    @property
    def lettering(self) -> dict[str, str]:
        """Every font that a sheet of this style needs, and signs that it cannot be without."""
        signs = "0123456789RMCSHhgfjsABCD()+-±°zxyw" + self.diameter + self.times + self.by + self.comma
        words = "AZaz09:./-" + ("가힣도면척" if self.language == "ko" else "")
        needs = {self.font: signs}
        needs[self.panel_font] = needs.get(self.panel_font, "") + words
        if self.symbols == "glyphs":
            needs[self.symbol_font] = needs.get(self.symbol_font, "") + "⏤⏥○⌭⌒⌓⏊∠⫽⌯⌖◎↗⌰⌀"
        return needs
