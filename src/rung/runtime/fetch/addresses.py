"""Decides which IP addresses may be reached: public ones, and the networks that the operator names.

`ipaddress.is_global` is not enough. On Python 3.11 it holds for NAT64 and 6to4 forms of private addresses, for
multicast, for IPv4-compatible addresses and for site-local ones; and it changes with the patch release. So IPv6 is
judged by what IANA has given out as global unicast, 2000::/3, and every IPv4 address inside one is judged too.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NAT64 = IPv6Network("64:ff9b::/96")
_UNICAST6 = IPv6Network("2000::/3")
_SPECIAL: tuple[tuple[Network, str], ...] = (
    (IPv4Network("192.0.0.0/24"), "kept for protocols"),
    (IPv4Network("192.88.99.0/24"), "a relay for 6to4"),
    (IPv4Network("168.63.129.16/32"), "a cloud's own service"),
    (IPv6Network("2001::/23"), "kept for protocols"),
    (IPv6Network("3fff::/20"), "for documentation"),
)
"""What `is_global` lets through, here or on another patch release."""
_ISATAP = (0x00005EFE, 0x02005EFE)
"""The upper half of the interface part of an ISATAP address (RFC 5214, 6.1)."""


def refusal(address: Address, networks: Sequence[Network] = ()) -> str | None:
    """Why that address is not reached; None: it may be. For logs and tests, callers are not told which it was."""
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return "an address of one link"
        if address.ipv4_mapped is not None:
            return refusal(address.ipv4_mapped, networks)
    if any(address in network for network in networks):
        return None
    for network, why in _SPECIAL:
        if address in network:
            return why
    if address.is_multicast:
        return "a multicast address"
    if isinstance(address, IPv4Address):
        return None if address.is_global else "not a public address"
    return _refusal6(address, networks)


def _refusal6(address: IPv6Address, networks: Sequence[Network]) -> str | None:
    if address in _NAT64:
        return refusal(_low(address), networks)
    if address.sixtofour is not None:  # on Python 3.11.2 none of these is global
        return refusal(address.sixtofour, networks)
    if address not in _UNICAST6 or not address.is_global:
        return "not a public address"
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return refusal(_low(address), networks)
    return None


def _low(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFFFFFF)
