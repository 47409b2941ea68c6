"""The notation of drawings: dimensions and feature control frames as text, without any library."""

from rung.models.notation.ambiguity import Alternative, parts_thousands, understood
from rung.models.notation.automaton import Automaton
from rung.models.notation.dimension import Dimension, canonical, explain, meanings, parse, render
from rung.models.notation.frame import (
    Datum,
    Fault,
    Frame,
    canonical_frame,
    cell_automaton,
    clean_cell,
    frame_automaton,
    parse_frame,
    parse_rows,
)
from rung.models.notation.grammar import DimensionType, deviation_automaton, dimension_automaton, limit_automaton
from rung.models.notation.symbols import CHARACTERISTICS, MODIFIERS, clean, stacked

__all__ = [
    "CHARACTERISTICS",
    "MODIFIERS",
    "Alternative",
    "Automaton",
    "Datum",
    "Dimension",
    "DimensionType",
    "Fault",
    "Frame",
    "canonical",
    "canonical_frame",
    "cell_automaton",
    "clean",
    "clean_cell",
    "deviation_automaton",
    "dimension_automaton",
    "explain",
    "frame_automaton",
    "limit_automaton",
    "meanings",
    "parse",
    "parse_frame",
    "parse_rows",
    "parts_thousands",
    "render",
    "stacked",
    "understood",
]
