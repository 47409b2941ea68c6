"""Korean as a quotation needs it: sums in words, and the particle that fits the word before it."""

from __future__ import annotations

_FIGURES = "영일이삼사오육칠팔구"
_SMALL, _LARGE = ("", "십", "백", "천"), ("", "만", "억", "조")


def in_hangul(amount: int) -> str:
    """A sum in words, as a Korean quotation repeats it: 1234000 is 일백이십삼만사천."""
    if amount == 0:
        return "영"
    words = ""
    for group, large in zip(_groups(amount), _LARGE, strict=False):
        if group:
            digits = [int(one) for one in f"{group:04d}"]
            said = "".join(f"{_FIGURES[d]}{s}" for d, s in zip(digits, reversed(_SMALL), strict=True) if d)
            words = f"{said}{large}{words}"
    return words


def _groups(amount: int) -> list[int]:
    """Groups of four figures, the lowest first."""
    found = []
    while amount:
        amount, rest = divmod(amount, 10_000)
        found.append(rest)
    return found


_RIEUL = 8
"""The place of ㄹ among the final consonants of a syllable."""


def particle(word: str, closed: str, open_: str) -> str:
    """The word with the particle that follows it: `closed` behind a final consonant (은, 을, 이, 으로), else `open_`.

    Where the last sign is neither Hangul nor a figure both are written, as forms do.
    """
    last = word[-1:]
    if last.isdecimal() and last.isascii():
        last = _FIGURES[int(last)]
    if not "가" <= last <= "힣":
        return f"{word}{closed}({open_})"
    final = (ord(last) - ord("가")) % 28
    soft = final == 0 or (final == _RIEUL and closed == "으로")
    return word + (open_ if soft else closed)
