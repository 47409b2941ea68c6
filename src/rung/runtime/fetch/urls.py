"""Decides what a URL says, in one reading: the parts that were checked are the parts that are used.

Stricter than any browser: what two parsers could read in two ways is refused, not repaired.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import httpx

from rung.runtime.errors import UrlRefused
from rung.runtime.fetch.addresses import Address
from rung.runtime.settings import FetchSettings

LONGEST = 2048
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(/[^?#]*)?(\?[^#]*)?(?:#.*)?", re.DOTALL)
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\[\]:@%]+)(?::([0-9]{1,5}))?")
_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_OWN_NAMES = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home.arpa", ".localdomain")
"""Names that are never public ones (RFC 6761, 6762, 8375; `.internal` is ICANN's and the clouds' metadata's)."""
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL in its parts. host: ASCII, lower case, without a trailing dot or brackets. path: with the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def address(self) -> Address | None:
        """The host where it is an address and no name."""
        return _literal(self.host)

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def usual(self) -> bool:
        """https on its own port: all that is ever asked of the public internet."""
        return self.scheme == "https" and self.port == 443

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def read_url(text: str, settings: FetchSettings) -> Target:
    """The parts of a URL that may be asked as far as its text tells. Raises UrlRefused; its address is judged later."""
    if len(text) > LONGEST:
        raise UrlRefused(f"the URL is over {LONGEST} characters long")
    found = _URL.fullmatch(text)
    schemes = ("https", "http") if settings.http else ("https",)
    if found is None or found[1].lower() not in schemes:
        raise UrlRefused(f"only {' and '.join(f'{scheme}://' for scheme in schemes)} URLs are fetched")
    path = (found[3] or "/") + (found[4] or "")
    if not path.isascii() or not path.isprintable() or " " in path or "\\" in path:
        raise UrlRefused("the URL holds spaces, backslashes, control or non-ASCII characters; percent-encode them")
    scheme = found[1].lower()
    host, port = _authority(found[2])
    target = Target(scheme=scheme, host=host, port=_PORTS[scheme] if port is None else port, path=path)
    if not target.usual and not settings.http:
        raise UrlRefused("only port 443 is asked")
    _check_name(target, settings.hosts)
    return target


def _authority(text: str) -> tuple[str, int | None]:
    """Host and port. No user, no password: what stands before an `@` has misled more readers than it has served."""
    found = _AUTHORITY.fullmatch(text)
    if found is None or not text.isprintable() or "\\" in text or " " in text:
        raise UrlRefused("the URL's host cannot be read; a name, or an address, and no user name belong there")
    port = None if found[2] is None else int(found[2])
    if port is not None and not 0 < port < 65536:
        raise UrlRefused("the URL's port is none")
    return host_of(found[1]), port


def host_of(text: str) -> str:
    """A host in its one form. Raises UrlRefused for short, hex, octal and other unusual forms of addresses."""
    if text.startswith("["):
        try:
            return str(IPv6Address(text[1:-1]))
        except AddressValueError as error:
            raise UrlRefused("the URL's IPv6 address cannot be read") from error
    try:
        name = httpx.URL(f"https://{text}/").raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError) as error:
        raise UrlRefused("the URL's host is no name that can be looked up") from error
    name = name.removesuffix(".")
    if len(name) > 253 or not _NAME.fullmatch(name):
        raise UrlRefused("the URL's host is no name that can be looked up")
    if _NUMBER.fullmatch(name.rpartition(".")[2]) and _literal(name) is None:
        raise UrlRefused("an IPv4 address is written as four decimal numbers")
    return name


def matches(host: str, hosts: Sequence[str]) -> bool:
    """Whether one of the operator's entries names that host; `*.example.com` is everything below example.com."""
    return any(
        host.endswith(entry[1:].lower()) if entry.startswith("*.") else host == entry.lower().strip("[]").rstrip(".")
        for entry in hosts
    )


def _check_name(target: Target, hosts: Sequence[str]) -> None:
    if hosts and not matches(target.host, hosts):
        raise UrlRefused(f"{target.host}: not one of the hosts that this server asks ([fetch] hosts in rung.toml)")
    if hosts or target.address is not None:
        return
    if "." not in target.host or target.host.endswith(_OWN_NAMES):
        raise unreachable(target.host)


def unreachable(host: str) -> UrlRefused:
    """The one sentence for everything that is not public: it does not tell what, or whether anything, is there."""
    return UrlRefused(f"{host}: this server does not fetch from there; only public addresses are asked")


def _literal(host: str) -> Address | None:
    try:
        return IPv6Address(host) if ":" in host else IPv4Address(host)
    except AddressValueError:
        return None
