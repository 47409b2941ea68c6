"""Which fonts sheets are lettered with, and that they are there before anything is drawn.

Fonts are named by their files. TrueType fills its letters; LibreCAD's `.lff` fonts are single strokes, as pen plotters
and most CAD programs draw them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ezdxf.fonts import fonts

from rung.lab.sheets.styles_letters import PACKAGES as LETTERS_PACKAGES
from rung.runtime.errors import InvalidInput

FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/librecad/fonts", "~/.fonts")
PACKAGES = (
    "fonts-dejavu fonts-liberation fonts-nanum fonts-freefont-ttf fonts-roboto-unhinted fonts-lato fonts-osifont "
    "fonts-routed-gothic librecad-data"
)


def ready(needs: Mapping[str, str]) -> None:
    """Make the fonts known to ezdxf, which reads a cache of its own that may be older than they are.

    needs: the signs that each font has to have. Raises InvalidInput that names a font which is not installed, or which
    lacks a sign: ezdxf would silently letter in another one, or draw an empty box.
    """
    if _missing(needs):
        folders = [str(path) for one in FOLDERS if (path := Path(one).expanduser()).is_dir()]
        fonts.font_manager.build(folders, support_dirs=False)
    for name in _missing(needs):
        raise InvalidInput(
            f"the font {name} is not installed; sheets are lettered with fonts of {PACKAGES} (Debian),"
            f" those of the split `letters` also of {LETTERS_PACKAGES}"
        )
    for name, signs in needs.items():
        if lacking := lacks(name, signs):
            raise InvalidInput(f"the font {name} has no {lacking[0]!r}; letter that style in another one")


def lacks(name: str, signs: str) -> list[str]:
    """Which of the signs that font has no letter for."""
    manager = fonts.font_manager
    if name.endswith(".lff"):
        strokes = manager.get_lff_glyph_cache(name).font
        return [sign for sign in signs if strokes.get(ord(sign)) is None]
    known = manager.get_ttf_font(name).getBestCmap()
    return [sign for sign in signs if ord(sign) not in known]


def _missing(needs: Mapping[str, str]) -> list[str]:
    return [name for name in needs if not fonts.font_manager.has_font(name)]
