import asyncio
import gzip
import socket
import ssl

import pytest
from web import Certificate, Names, Web, answer, local, web

from rung.runtime.errors import FetchFailed, TooLarge, UrlRefused
from rung.runtime.fetch import Fetcher, look_up
from rung.runtime.settings import FetchSettings

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
REFUSED = "only public addresses"


def only(**more: object) -> FetchSettings:
    return FetchSettings(inputs=True, callbacks=True, **more)  # type: ignore[arg-type]


class NoConnection:
    """Instead of a transport: a test that connects has failed."""

    def __call__(self, context: ssl.SSLContext) -> object:
        raise AssertionError("a connection was begun")


def closed(names: Names, **more: object) -> Fetcher:
    return Fetcher(only(**more), resolve=names, connect=NoConnection())  # type: ignore[arg-type]


# --- over real TLS ----------------------------------------------------------------------------------------


async def test_a_file_comes_over_tls_from_the_pinned_address_in_the_hosts_name(certificate: Certificate) -> None:
    async with web(certificate) as server:
        server.answers["/a.png?x=1"] = answer(PNG, kind="image/png; q=1")
        names = Names({"good.test": [("127.0.0.1",)]})

        found = await local(certificate, names).get(f"https://good.test:{server.port}/a.png?x=1")

    assert (found.data, found.media_type) == (PNG, "image/png")
    assert names.asked == ["good.test"], "looked up more than once"
    assert server.names == ["good.test"], "SNI"
    line, headers, _ = server.requests[0]
    assert line == "GET /a.png?x=1 HTTP/1.1"
    assert headers["host"] == f"good.test:{server.port}"
    assert headers["accept-encoding"] == "identity"
    assert not {"cookie", "authorization", "referer"} & headers.keys()


async def test_a_certificate_of_another_name_is_refused(certificate: Certificate) -> None:
    names = Names({"other.test": [("127.0.0.1",)]})
    async with web(certificate) as server:
        server.answers["/"] = answer(PNG)

        with pytest.raises(FetchFailed, match="certificate"):
            await local(certificate, names).get(f"https://other.test:{server.port}/")

    assert server.names == ["other.test"]
    assert server.requests == []


async def test_a_certificate_of_an_authority_that_nobody_trusts_is_refused(certificate: Certificate) -> None:
    async with web(certificate) as server:
        server.answers["/"] = answer(PNG)

        with pytest.raises(FetchFailed, match="certificate"):
            await local(None).get(f"https://good.test:{server.port}/")

    assert server.requests == []


async def test_an_address_as_the_host_needs_a_certificate_for_that_address(certificate: Certificate) -> None:
    async with web(certificate) as named, web(certificate, "127.0.0.2") as unnamed:
        named.answers["/"] = unnamed.answers["/"] = answer(PNG)
        fetcher = local(certificate)

        assert (await fetcher.get(f"https://127.0.0.1:{named.port}/")).data == PNG
        with pytest.raises(FetchFailed, match="certificate"):
            await fetcher.get(f"https://127.0.0.2:{unnamed.port}/")


async def test_the_environments_proxies_are_not_heeded(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with web(certificate) as server, web() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        server.answers["/"] = answer(PNG)

        await local(certificate).get(f"https://good.test:{server.port}/")

    assert proxy.peers == []
    assert len(server.requests) == 1


# --- addresses --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",), ("169.254.169.254",), ("::ffff:169.254.169.254",), ("64:ff9b::a9fe:a9fe",), ("::1",),
        ("10.0.0.1",), ("1.1.1.1", "10.0.0.1"), ("10.0.0.1", "1.1.1.1"), ("2606:4700::1111", "::1"), ("fe80::1%2",), (),
        ("not an address",),
    ],
)  # fmt: skip
async def test_a_name_with_any_address_that_is_not_public_is_never_connected_to(addresses: tuple[str, ...]) -> None:
    with pytest.raises(UrlRefused, match=REFUSED):
        await closed(Names({"rebind.test": [addresses]}), hosts=("rebind.test",)).get("https://rebind.test/")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "169.254.169.254", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]"])
async def test_an_address_as_the_host_is_judged_too(host: str) -> None:
    with pytest.raises(UrlRefused, match=REFUSED):
        await closed(Names({})).get(f"https://{host}/")


async def test_a_name_that_changes_its_answer_is_connected_to_where_it_was_judged(certificate: Certificate) -> None:
    """DNS rebinding: the first answer is allowed, every later one is this machine's other address."""
    names = Names({"good.test": [("127.0.0.1",), ("127.0.0.2",)]})
    async with web(certificate) as judged, web(certificate, "127.0.0.2") as later:
        judged.answers["/"] = answer(PNG)

        await local(certificate, names).get(f"https://good.test:{judged.port}/")

    assert judged.peers == ["127.0.0.1"]
    assert later.peers == []


async def test_what_is_not_public_and_what_is_not_there_are_told_in_the_same_words() -> None:
    async def nowhere(host: str, port: int) -> tuple[str, ...]:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    said = set()
    for resolve in (nowhere, Names({"secret.test": [("10.0.0.1",)]}), Names({"secret.test": [("127.0.0.1",)]})):
        fetcher = Fetcher(only(), resolve=resolve, connect=NoConnection())  # type: ignore[arg-type]
        with pytest.raises(UrlRefused) as refused:
            await fetcher.get("https://secret.test/")
        said.add((refused.value.code, refused.value.message, str(refused.value.details)))

    assert len(said) == 1
    assert "10.0" not in str(said)


async def test_a_resolver_that_is_away_is_no_refusal() -> None:
    async def away(host: str, port: int) -> tuple[str, ...]:
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    with pytest.raises(FetchFailed, match="just now"):
        await Fetcher(only(), resolve=away).get("https://good.test/")


async def test_plain_http_and_odd_ports_stay_within_the_named_networks() -> None:
    fetcher = closed(Names({"public.test": [("1.1.1.1",)]}), http=True, networks=("127.0.0.0/8",))

    for url in ("http://public.test/", "https://public.test:8443/", "http://public.test:443/"):
        with pytest.raises(UrlRefused, match=REFUSED):
            await fetcher.get(url)


async def test_the_next_address_is_tried_when_one_takes_no_connection(certificate: Certificate) -> None:
    async with web(certificate) as server:
        server.answers["/"] = answer(PNG)
        names = Names({"good.test": [("127.0.0.9", "127.0.0.1")]})

        assert (await local(certificate, names).get(f"https://good.test:{server.port}/")).data == PNG


async def test_the_systems_resolver_is_asked_without_the_shared_threads() -> None:
    assert "127.0.0.1" in await look_up("127.0.0.1", 443)
    with pytest.raises(OSError):
        await look_up("no-such-name.invalid", 443)


# --- redirects --------------------------------------------------------------------------------------------


async def test_a_redirect_is_followed_and_its_host_looked_up_and_named_anew(certificate: Certificate) -> None:
    async with web(certificate) as server:
        server.answers["/a"] = answer(status="302 Found", Location="/b?c#d")
        server.answers["/b?c"] = answer(status="307 Moved", Location=f"https://127.0.0.1:{server.port}/c")
        server.answers["/c"] = answer(PNG)

        found = await local(certificate).get(f"https://good.test:{server.port}/a")

    assert found.url == f"https://127.0.0.1:{server.port}/c"
    assert [headers["host"].partition(":")[0] for _, headers, _ in server.requests] == ["good.test"] * 2 + ["127.0.0.1"]


@pytest.mark.parametrize(
    "location",
    [
        "https://169.254.169.254/latest/meta-data/", "http://169.254.169.254/", "https://metadata.google.internal/",
        "https://[::ffff:169.254.169.254]/", "https://private.test/", "file:///etc/passwd", "gopher://127.0.0.1:1/_x",
        "data:image/png;base64,AA", "https://user:word@good.test/", "//169.254.169.254/", "\\\\169.254.169.254\\",
        "https://2130706433/", "http://good.test/", "", "https://[::1", "https://good.test:0/",
    ],
)  # fmt: skip
async def test_a_redirect_is_judged_like_the_first_url(certificate: Certificate, location: str) -> None:
    names = Names({"good.test": [("127.0.0.1",)], "private.test": [("10.0.0.1",)]})
    async with web(certificate) as server, web() as private:
        server.answers["/"] = answer(status="302 Found", Location=location)

        with pytest.raises(UrlRefused) as refused:
            await local(certificate, names).get(f"https://good.test:{server.port}/")

    assert refused.value.message == "good.test: it redirects to a URL that this server does not fetch"
    assert len(server.requests) == 1
    assert private.peers == []


async def test_a_redirect_from_https_never_goes_to_http_even_where_http_is_allowed(certificate: Certificate) -> None:
    async with web(certificate) as server, web() as plain:
        plain.answers["/"] = answer(PNG)
        server.answers["/"] = answer(status="302 Found", Location=f"http://good.test:{plain.port}/")
        fetcher = local(certificate)

        assert (await fetcher.get(f"http://good.test:{plain.port}/")).data == PNG
        with pytest.raises(UrlRefused, match="redirects"):
            await fetcher.get(f"https://good.test:{server.port}/")

    assert len(plain.requests) == 1


async def test_the_second_look_up_of_a_name_that_redirects_to_itself_is_judged_too(certificate: Certificate) -> None:
    names = Names({"good.test": [("127.0.0.1",), ("169.254.169.254",)]})
    async with web(certificate) as server:
        server.answers["/"] = answer(status="301 Moved", Location="/again")
        server.answers["/again"] = answer(PNG)

        with pytest.raises(UrlRefused, match="redirects"):
            await local(certificate, names).get(f"https://good.test:{server.port}/")

    assert len(server.requests) == 1


async def test_three_redirects_are_followed_and_not_a_fourth(certificate: Certificate) -> None:
    async with web(certificate) as server:
        for step in range(4):
            server.answers[f"/{step}"] = answer(status="308 Moved", Location=f"/{step + 1}")
        server.answers["/4"] = answer(PNG)
        fetcher = local(certificate)

        assert (await fetcher.get(f"https://good.test:{server.port}/1")).data == PNG
        with pytest.raises(FetchFailed, match="over 3 redirects"):
            await fetcher.get(f"https://good.test:{server.port}/0")


async def test_cookies_of_one_answer_are_not_told_to_the_next(certificate: Certificate) -> None:
    async with web(certificate) as server:
        server.answers["/"] = answer(status="302 Found", Location="/b", Set_Cookie="a=b; Path=/")
        server.answers["/b"] = answer(PNG)

        await local(certificate).get(f"https://good.test:{server.port}/")

    assert all("cookie" not in headers for _, headers, _ in server.requests)


# --- limits -----------------------------------------------------------------------------------------------


async def fetched(server: Web, certificate: Certificate, **more: object) -> bytes:
    return (await local(certificate, **more).get(f"https://good.test:{server.port}/")).data  # type: ignore[arg-type]


async def test_a_file_over_the_limit_is_not_read_to_its_end(certificate: Certificate) -> None:
    async with web(certificate) as server:
        server.answers["/"] = answer(PNG, length=10**12)
        with pytest.raises(TooLarge, match="1000 bytes"):
            await fetched(server, certificate, max_bytes=1000)
        chunked = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"
        server.answers["/"] = chunked + b"400\r\n" + bytes(1024) + b"\r\n"  # and nothing more: it would hang
        with pytest.raises(TooLarge, match="1000 bytes"):
            await fetched(server, certificate, max_bytes=1000)


async def test_the_callers_limit_counts_where_it_is_lower(certificate: Certificate) -> None:
    async with web(certificate) as server:
        server.answers["/"] = answer(PNG)
        fetcher, url = local(certificate, max_bytes=10**6), f"https://good.test:{server.port}/"

        assert (await fetcher.get(url, limit_bytes=len(PNG))).data == PNG
        with pytest.raises(TooLarge):
            await fetcher.get(url, limit_bytes=len(PNG) - 1)


@pytest.mark.parametrize("begun", [None, b"HTTP/1.1 200 OK\r\nContent-Ty", answer(PNG, length=500)])
async def test_a_server_that_stands_still_is_left_in_time(certificate: Certificate, begun: bytes | None) -> None:
    held: asyncio.Event = asyncio.Event()

    class Still(Web):
        async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(begun or b"")
            await held.wait()
            writer.close()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.pem, certificate.key)
    server = await asyncio.start_server(Still().serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    try:
        async with asyncio.timeout(8):
            with pytest.raises(FetchFailed, match=r"within 0\.3 s"):
                await local(certificate, timeout_s=0.3).get(f"https://good.test:{port}/")
    finally:
        held.set()
        server.close()
        await server.wait_closed()


async def test_a_look_up_that_stands_still_is_left_in_time() -> None:
    async def still(host: str, port: int) -> tuple[str, ...]:
        await asyncio.Event().wait()
        return ()

    async with asyncio.timeout(8):
        with pytest.raises(FetchFailed, match="within"):
            await Fetcher(only(timeout_s=0.1), resolve=still).get("https://good.test/")


async def test_a_compressed_answer_is_refused_unread(certificate: Certificate) -> None:
    async with web(certificate) as server:
        server.answers["/"] = answer(gzip.compress(bytes(10**6)), Content_Encoding="gzip")
        with pytest.raises(FetchFailed, match="compressed"):
            await fetched(server, certificate)


@pytest.mark.parametrize("kind", ["text/html", "application/json", "", "imageless/png", "text/image/png"])
async def test_only_pictures_are_taken_and_nothing_of_another_body_is_told(certificate: Certificate, kind: str) -> None:
    async with web(certificate) as server:
        server.answers["/"] = answer(b"secret-of-another-server", kind=kind)
        with pytest.raises(FetchFailed, match=r"not image/\*") as failed:
            await fetched(server, certificate)

    assert "secret" not in str(failed.value) + str(failed.value.details)


@pytest.mark.parametrize("status", ["204 No Content", "206 Partial", "300 Choices", "404 Not Found", "500 Broken"])
async def test_any_status_but_200_is_a_failure(certificate: Certificate, status: str) -> None:
    async with web(certificate) as server:
        server.answers["/"] = answer(b"secret", status=status)
        with pytest.raises(FetchFailed, match=f"answered {status[:3]}") as failed:
            await fetched(server, certificate)

    assert "secret" not in str(failed.value)


@pytest.mark.parametrize(
    "raw", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nA: " + b"a" * 200_000, answer(PNG, length=999)]
)
async def test_an_answer_that_is_none_or_breaks_off_is_a_failure(certificate: Certificate, raw: bytes) -> None:
    async with web(certificate) as server:
        server.answers["/"] = raw
        with pytest.raises(FetchFailed, match="broke"):
            await fetched(server, certificate)


async def test_a_host_that_takes_no_connection_is_a_failure() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(FetchFailed, match="no connection"):
            await local(None).get(f"http://good.test:{free.getsockname()[1]}/")


# --- switches, and telling --------------------------------------------------------------------------------


async def test_each_purpose_is_off_until_it_is_switched_on() -> None:
    names = Names({"good.test": [("1.1.1.1",)]})
    off = Fetcher(FetchSettings(callbacks=True), resolve=names, connect=NoConnection())  # type: ignore[arg-type]
    with pytest.raises(UrlRefused, match="inputs = true"):
        await off.get("https://good.test/")
    off = Fetcher(FetchSettings(inputs=True), resolve=names, connect=NoConnection())  # type: ignore[arg-type]
    with pytest.raises(UrlRefused, match="callbacks = true"):
        await off.post("https://good.test/", b"{}", {})
    assert names.asked == []


async def test_a_post_brings_its_body_and_headers_and_follows_no_redirect(certificate: Certificate) -> None:
    async with web(certificate) as server:
        server.answers["/hook"] = answer(status="302 Found", Location="/elsewhere")
        url = f"https://good.test:{server.port}/hook"

        status = await local(certificate).post(url, b'{"a": 1}', {"content-type": "application/json", "host": "evil"})

    assert status == 302
    line, headers, body = server.requests[0]
    assert (line, body, len(server.requests)) == ("POST /hook HTTP/1.1", b'{"a": 1}', 1)
    assert headers["content-type"] == "application/json"
    assert headers["host"].startswith("good.test")


async def test_a_post_goes_to_public_addresses_only() -> None:
    with pytest.raises(UrlRefused, match=REFUSED):
        await closed(Names({"hook.test": [("10.0.0.1",)]})).post("https://hook.test/", b"{}", {})
