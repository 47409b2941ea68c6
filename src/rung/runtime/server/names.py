"""Decides which names a request may call this server by, and what an address says of who is behind it."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
"""What nearly every request to this machine says."""
WILDCARDS = frozenset({"", "0.0.0.0", "::"})
"""Addresses that mean every address of this machine."""


@dataclass(frozen=True, slots=True)
class Names:
    """A server's names: loopback ones, the address it is bound to, and those that the settings add.

    Bound to every address, any address is its name too: only names can be made to point here by a stranger (DNS
    rebinding), numbers cannot.
    """

    bound: str = "127.0.0.1"
    more: frozenset[str] = frozenset()

    def mine(self, authority: str) -> bool:
        """Whether `name:port`, as a Host header has it, names this server."""
        name = host_of(authority)
        if is_loopback(name) or name in self.more or name == plain(self.bound):
            return bool(name)
        return plain(self.bound) in WILDCARDS and _is_address(name)

    def same_site(self, origin: str, authority: str) -> bool:
        """Whether a page from that origin is one of ours: same host and port, or a name that the settings add."""
        try:
            there = urlsplit(origin).netloc.lower()
        except ValueError:
            return False
        return bool(there) and (there == authority.lower() or host_of(there) in self.more)


def names_of(bound: str, more: Collection[str]) -> Names:
    """The names of a server bound to that address."""
    return Names(bound, frozenset(map(plain, more)))


def plain(name: str) -> str:
    """A host name or address as it is compared: small letters, no brackets, no final dot."""
    return name.lower().rstrip(".").strip("[]")


def host_of(authority: str) -> str:
    """`[::1]:8000` -> `::1`, `Example.org:80` -> `example.org`."""
    if authority.startswith("["):
        return plain(authority.partition("]")[0])
    return plain(authority.partition(":")[0])


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine. `localhost` is taken at its word (RFC 6761)."""
    name = plain(host)
    if name in _HERE or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def peer_of(address: str) -> str:
    """Who is taken for one and the same: an IPv4 address, or the /64 network that one IPv6 household has."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
