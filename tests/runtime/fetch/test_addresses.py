from ipaddress import ip_address, ip_network

import pytest

from rung.runtime.fetch import refusal

PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.215.14", "172.15.255.255", "172.32.0.1", "192.167.255.255", "192.169.0.1",
    "100.63.255.255", "100.128.0.1", "169.253.255.255", "169.255.0.1", "198.17.255.255", "198.20.0.1",
    "126.255.255.255", "128.0.0.1", "223.255.255.255", "168.63.129.15", "168.63.129.17",
    "2606:4700:4700::1111", "2001:4860:4860::8888", "2a00:1450:4001:80b::200e", "2620:fe::fe", "2400:cb00::1",
    "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:0101:0101::1", "2606:4700::5efe:8.8.8.8",
]  # fmt: skip

NOT_PUBLIC = [
    # this machine, this link, private networks, carrier NAT
    "0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254", "10.0.0.1", "10.255.255.255", "172.16.0.1",
    "172.31.255.255", "192.168.0.1", "192.168.255.255", "169.254.0.1", "169.254.169.254", "100.64.0.1",
    "100.100.100.200", "100.127.255.255",
    # kept for protocols, measurement, documentation, the future
    "192.0.0.1", "192.0.0.9", "192.0.0.10", "192.0.0.192", "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1",
    "198.19.255.255", "192.88.99.1", "240.0.0.1", "255.255.255.255",
    # multicast, and a cloud's own service at a public address
    "224.0.0.1", "232.1.1.1", "239.255.255.250", "168.63.129.16",
    # IPv6: unspecified, loopback, link, site, unique local, multicast, discard, documentation, ORCHID, SRv6, unassigned
    "::", "::1", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fd00::1", "fd00:ec2::254", "ff02::1", "ff0e::1",
    "100::1", "2001:db8::1", "3fff::1", "2001:10::1", "2001:20::1", "2001:2::1", "5f00::1", "4000::1", "e000::1",
    # IPv4 inside IPv6: mapped, compatible, translated, NAT64 (both prefixes), 6to4, Teredo, ISATAP
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::ffff:0.0.0.0", "::ffff:224.0.0.1",
    "::127.0.0.1", "::169.254.169.254", "::8.8.8.8", "::ffff:0:127.0.0.1", "::ffff:0:8.8.8.8",
    "64:ff9b::169.254.169.254", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::224.0.0.1", "64:ff9b:1::1",
    "64:ff9b:1::8.8.8.8", "64:ff9b:1:a9fe:a9:fe00::", "2002:7f00:0001::1", "2002:a9fe:a9fe::1", "2002:0a00:0001::",
    "2002:e000:0001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001::1", "2001:0:a9fe:a9fe::1",
    "2606:4700::5efe:127.0.0.1", "2606:4700::200:5efe:10.0.0.1", "2606:4700::5efe:169.254.169.254",
    "fe80::5efe:8.8.8.8",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_reached(address: str) -> None:
    assert refusal(ip_address(address)) is None


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_nothing_else_may_be_in_any_wrapping(address: str) -> None:
    assert refusal(ip_address(address))


@pytest.mark.parametrize("address", ["fe80::1%eth0", "2606:4700:4700::1111%1"])
def test_an_address_with_a_zone_is_of_one_link(address: str) -> None:
    assert refusal(ip_address(address), [ip_network("::/0")])


def test_a_network_of_the_operator_opens_itself_and_nothing_beside() -> None:
    own = [ip_network("10.1.0.0/16"), ip_network("fd00:1::/32")]

    for inside in ("10.1.0.1", "10.1.255.255", "::ffff:10.1.0.1", "64:ff9b::10.1.0.1", "fd00:1::5"):
        assert refusal(ip_address(inside), own) is None
    for outside in ("10.2.0.1", "10.0.255.255", "127.0.0.1", "fd00:2::5", "::ffff:10.2.0.1", "64:ff9b::10.2.0.1"):
        assert refusal(ip_address(outside), own)
