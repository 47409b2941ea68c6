"""Decides what of a line may be read by whoever reads logs: no keys, no passwords, no pictures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote, urlsplit

GONE = "[redacted]"
_SHORTEST = 6
"""Known secrets shorter than this are not searched for: they stand in ordinary words."""
_LONG = 100
"""Letters in a row from which text is taken for base64. A sha256 in hex has 64 and stays."""

_MARKS = (
    "://", "data:", "sk-", "hf_", "rung_", "whsec_", "bearer", "basic", "authorization", "cookie", "token", "secret",
    "passw", "pwd", "api_key", "apikey", "api-key",
)  # fmt: skip
"""Without one of these, in lower case, none of the patterns but base64's can match: most lines need no pattern."""

_SHAPES = re.compile(
    r"""
      (?P<url>[a-z][a-z0-9+.-]{1,20}://)[^\s'"<>]{0,2000}@              # user and password in an address
    | (?P<data>data:[^,\s'"]{0,100},)(?!\.\.\.['"]|\[\d+\ characters\])  # a file in a URL: no example, and not twice
        [^\s'"]+
    | (?P<header>(?:proxy-)?authorization|(?:set-)?cookie|x-api-key)(?P<gap>['"]?\s*[:=,]\s*b?)
        (?:'[^']*'|"[^"]*"|[^\r\n'"]+)                                 # the header's whole value
    | (?P<scheme>\b(?:bearer|basic(?=\s+\S*[0-9=]))\s+)[a-z0-9._~+/=-]{6,}
    | (?P<key>\brung_[a-z0-9]{1,40}_)[a-z0-9_-]{12,}
    | (?P<prefix>\b(?:sk-|hf_|whsec_))[a-z0-9_+/=-]{8,}
    | (?P<name>\b[a-z0-9_.-]{0,40}(?:passw(?:or)?d|pwd|secret|token|api[_-]?key))(?P<is>['"]?\s*[:=]\s*)
        (?:'[^']*'|"[^"]*"|[^\s,;&'")}\]]+)                            # password=..., "token": "..."
    """,
    re.IGNORECASE | re.VERBOSE,
)
_BASE64 = re.compile(rf"[A-Za-z0-9+/_-]{{{_LONG},}}={{0,2}}")


class Redactor:
    """Takes secrets out of text: those that are known, and what looks like one.

    known: secrets of this process's own settings (the callbacks' secret, the database's URL: its password). One without
    a shape of its own can only be recognised by its value, as it is or as it stands in a URL.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        long = [one for secret in known for one in (secret, _password(secret)) if len(one) >= _SHORTEST]
        self._known = tuple(sorted({*long, *(quote(one, safe="") for one in long)}, key=len, reverse=True))

    def __call__(self, text: str) -> str:
        """The text without them; what is left says where something stood."""
        for secret in self._known:
            text = text.replace(secret, GONE)
        if _marked(text):
            text = _SHAPES.sub(_kept, text)
        if len(text) >= _LONG and any(len(word) >= _LONG for word in text.split()):
            text = _BASE64.sub(_shortened, text)
        return text

    def clean(self, texts: Sequence[str]) -> bool:
        """Whether none of the texts has anything to take out; `False` may be wrong. One look for a whole line."""
        text = "\n".join(texts)
        if any(map(text.__contains__, self._known)) or _marked(text):
            return False
        return len(text) < _LONG or all(len(word) < _LONG for word in text.split())

    def inside(self, value: Any) -> Any:
        """A JSON value with every text in it redacted, names too."""
        match value:
            case str():
                return self(value)
            case Mapping():
                return {self(str(name)): self.inside(item) for name, item in value.items()}
            case list() | tuple():
                return [self.inside(item) for item in value]
            case _:
                return value


def _marked(text: str) -> bool:
    """Whether it holds one of the marks."""
    return any(map(text.lower().__contains__, _MARKS))


def _password(url: str) -> str:
    """The password in an address; empty where there is none."""
    try:
        return unquote(urlsplit(url).password or "") if "://" in url else ""
    except ValueError:
        return ""


def _kept(found: re.Match[str]) -> str:
    """The part that tells what it was, without the secret."""
    match found.lastgroup:
        case "url":
            return f"{found['url']}{GONE}@"
        case "data":
            return f"{found['data'][:40]}[{len(found[0])} characters]"
        case "gap":
            return f"{found['header']}{found['gap']}{GONE}"
        case "is":
            return f"{found['name']}{found['is']}{GONE}"
        case kind:
            return f"{found[kind or 0]}{GONE}"


def _shortened(found: re.Match[str]) -> str:
    """Base64 has a slash in 64 letters; a path has one in ten and is left."""
    text = found[0]
    return text if text.count("/") * 16 > len(text) else f"{text[:12]}[{len(text)} characters]"
