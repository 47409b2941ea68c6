"""The signs that our reader knows, by alphabet: which texts it can give, and in which place of its answer each stands.

They are those of `notation`'s grammars and the decimal comma. Their order belongs to the trained weights.
"""

from __future__ import annotations

from typing import Final

DIMENSION: Final = "0123456789.,+-±×°'\"/()[]:=#⌀□↧⌴⌵⌒⌲⌳ABCDEFGHIJKLMNPRSTUVXYZabcdefghjkmnpqrstuvxyz"
FRAME: Final = "0123456789.,-/×⌀ABCDEFGHJKLMNPRSTUVWXYZ⏤⏥○⌭⌒⌓⏊∠⫽⌯⌖◎↗⌰ⒺⒻⓁⓂⓅⓈⓉⓊ"

SIGNS: Final = DIMENSION + "".join(sign for sign in FRAME if sign not in DIMENSION)
"""The net's classes from 1 on; class 0 is CTC's blank."""
ALPHABETS: Final = {"dimension": DIMENSION, "frame": FRAME}
