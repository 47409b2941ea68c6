import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rung.runtime.errors import UrlRefused
from rung.runtime.fetch import read_url
from rung.runtime.fetch.urls import LONGEST, matches
from rung.runtime.settings import FetchSettings

PLAIN = FetchSettings(inputs=True)
WIDE = FetchSettings(inputs=True, http=True)

REFUSED = [
    # schemes
    "", "good.com/a.png", "//good.com/a", "file:///etc/passwd", "file://localhost/etc/passwd", "gopher://good.com/_x",
    "data:image/png;base64,AAAA", "ftp://good.com/a", "http://good.com/", "javascript:alert(1)", "https:good.com",
    "https:/good.com", "https:///good.com", "dict://good.com:11211/", "jar:https://good.com/!/", "unix:///run/x.sock",
    # users, passwords and what looks like them
    "https://user@good.com/", "https://user:word@good.com/", "https://good.com@evil.com/", "https://good.com:443@evil.com/",
    "https://good.com%40evil.com/", "https://@good.com/", "https://good.com\\@evil.com/", "https://evil.com\\.good.com/",
    # control characters, line ends, spaces
    "https://good.com/\r\nHost: evil.com", "https://good.com\r\n.evil.com/", "https://good.com/a b",
    "https:// good.com/",    " https://good.com/", "https://good.com/ ", "https://good.com/\t", "https://good\t.com/", "https://good.com/\x00",
    "https://good.com/\x7f", "https://good.com/é", "https://good.com/?q=é", "\nhttps://good.com/", "https://good.com/\\a",
    # ports
    "https://good.com:80/", "https://good.com:8443/", "https://good.com:22/", "https://good.com:/", "https://good.com:0/",
    "https://good.com:65536/", "https://good.com:443443/", "https://good.com:4 3/", "https://good.com:-1/",
    "https://good.com:٤٤٣/",
    # hosts
    "https://", "https:///", "https://./", "https://../", "https://-good.com/", "https://good..com/", "https://.good.com/",
    "https://good.com../", "https://" + "a" * 64 + ".com/", "https://" + "a." * 127 + "com/", "https://go%6fd.com/",
    "https://good.com%00.evil.com/", "https://good,com/", "https://*.com/",
    # names that are no public ones
    "https://localhost/", "https://LOCALHOST/", "https://localhost./", "https://a.localhost/", "https://intranet/",
    "https://metadata/", "https://metadata.google.internal/", "https://printer.local/", "https://x.home.arpa/",
    "https://localhost.localdomain/", "https://nas.lan/",
    # addresses in unusual dress
    "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://127.1/", "https://127.0.1/", "https://0/",
    "https://017700000001/", "https://0177.0.0.1/", "https://127.0.0.0x1/", "https://127.0.0.01/", "https://127.0.0.1.2/",
    "https://256.1.1.1/", "https://1.1.1.09/", "https://0x/", "https://a.0x7f/", "https://good.1/",
    "https://[::1%25eth0]/", "https://[fe80::1%25lo]/", "https://[fe80::1%lo]/", "https://[::1/", "https://::1/",
    "https://[v1.x]/", "https://[]/", "https://[1.1.1.1]/", "https://[::1]x/", "https://[::g]/",
    # unicode that folds to something else
    "https://127。0。0。0x1/", "https://①②⑦.0.0.1/", "https://１２７.0.0.1/", "https://ⓛocalhost.com/", "https://℀.com/",
    "https://good\u200b.com/", "https://good\u00ad.com/", "https://good\u202e.com/", "https://good\uff0fevil.com/",
    "https://evil.com\uff20good.com/", "https://good.com\uff1a443/",
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED)
def test_what_could_be_read_in_two_ways_or_is_not_public_by_its_text_is_refused(url: str) -> None:
    with pytest.raises(UrlRefused):
        read_url(url, PLAIN)


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://good.com", "good.com", "/"),
        ("HTTPS://Good.COM/A.png", "good.com", "/A.png"),
        ("https://good.com./a", "good.com", "/a"),
        ("https://good.com:443/a?b=c&d=%2F#part", "good.com", "/a?b=c&d=%2F"),
        ("https://good.com?x=1", "good.com", "/?x=1"),
        ("https://bücher.example.com/", "xn--bcher-kva.example.com", "/"),
        ("https://good。com/", "good.com", "/"),
        ("https://good.com#@evil.com:80", "good.com", "/"),
        ("https://good.com?@evil.com", "good.com", "/?@evil.com"),
        ("https://good.com/a@b:c", "good.com", "/a@b:c"),
        ("https://1.1.1.1/", "1.1.1.1", "/"),
        ("https://[2606:4700:4700:0:0:0:0:1111]/", "2606:4700:4700::1111", "/"),
        ("https://my_bucket.good.com/", "my_bucket.good.com", "/"),
    ],
)
def test_a_plain_url_is_read_into_one_form(url: str, host: str, path: str) -> None:
    found = read_url(url, PLAIN)

    assert (found.scheme, found.host, found.port, found.path) == ("https", host, 443, path)


def test_an_address_in_fullwidth_dots_is_seen_as_the_address_that_it_is() -> None:
    assert str(read_url("https://127。0。0。1/", PLAIN).address) == "127.0.0.1"


def test_other_ports_and_plain_http_need_the_operators_word() -> None:
    assert read_url("http://good.com:8080/x", WIDE).authority == "good.com:8080"
    assert not read_url("http://good.com/", WIDE).usual
    with pytest.raises(UrlRefused, match="only https://"):
        read_url("http://good.com/", PLAIN)
    with pytest.raises(UrlRefused, match="only https:// and http://"):
        read_url("ftp://good.com/", WIDE)


def test_an_url_has_an_end() -> None:
    assert read_url("https://good.com/" + "a" * (LONGEST - 17), PLAIN)
    with pytest.raises(UrlRefused, match="2048"):
        read_url("https://good.com/" + "a" * (LONGEST - 16), PLAIN)


@pytest.mark.parametrize(
    ("host", "listed"),
    [("good.com", True), ("a.good.com", False), ("notgood.com", False), ("good.com.evil.com", False),
     ("a.example.com", True), ("a.b.example.com", True), ("example.com", False), ("badexample.com", False)],
)  # fmt: skip
def test_a_list_of_hosts_names_them_exactly_or_everything_below(host: str, listed: bool) -> None:
    only = FetchSettings(inputs=True, hosts=("GOOD.com", "*.example.com"))

    assert matches(host, only.hosts) is listed
    if listed:
        assert read_url(f"https://{host.upper()}./", only).host == host
    else:
        with pytest.raises(UrlRefused, match="not one of the hosts"):
            read_url(f"https://{host}/", only)


@settings(max_examples=300, deadline=None)
@given(
    text=st.text(max_size=60), head=st.sampled_from(["", "https://", "https://good.com", "https://[", "https://127."])
)
def test_no_text_whatever_raises_anything_but_a_refusal(text: str, head: str) -> None:
    try:
        found = read_url(head + text, WIDE)
    except UrlRefused as error:
        assert error.message
    else:
        assert found.host.isascii() and "@" not in found.host and found.path.startswith("/")
