import subprocess
from pathlib import Path

import pytest
from web import Certificate


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=30)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate authority of our own: ca.pem, ca.key."""
    folder = tmp_path_factory.mktemp("authority")
    openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=test authority", "-keyout", str(folder / "ca.key"), "-out", str(folder / "ca.pem"),
    )  # fmt: skip
    return folder


def issued(authority: Path, names: str) -> Certificate:
    key, pem, request, more = (authority / f"server.{end}" for end in ("key", "pem", "csr", "ext"))
    more.write_text(f"subjectAltName={names}\n")
    openssl(
        "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-subj", "/CN=server", "-keyout", str(key), "-out", str(request),
    )  # fmt: skip
    openssl(
        "x509", "-req", "-in", str(request), "-CA", str(authority / "ca.pem"), "-CAkey", str(authority / "ca.key"),
        "-CAcreateserial", "-days", "2", "-extfile", str(more), "-out", str(pem),
    )  # fmt: skip
    return Certificate(pem=pem, key=key, authority=authority / "ca.pem")


@pytest.fixture(scope="session")
def certificate(authority: Path) -> Certificate:
    """Of good.test and 127.0.0.1."""
    return issued(authority, "DNS:good.test,IP:127.0.0.1")
