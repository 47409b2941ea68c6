"""The child that fetches a source archive through pip's own index, session and credentials, and runs nothing of it.

`pip download` of a source archive would run its build code to learn its metadata. This asks pip only where the
archive lies and reads its bytes. It leans on pip's internals (`create_command`, the session, the finder: in their
places since pip 19.3); where a pip has moved them it says so and ends, and a wheel is the way.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

_CHUNK = 1024 * 1024


def main(requirement: str, out: str) -> None:
    """Write the source archive of `name==version` to `out`; SystemExit says why it cannot."""
    name, _, version = requirement.partition("==")
    try:
        link, session = _locate(name, version)
    except (ImportError, AttributeError, TypeError) as error:
        raise SystemExit(
            f"ERROR: this pip cannot be asked where a source archive lies ({error}); use a wheel"
        ) from error
    if link is None or link.is_wheel:
        raise SystemExit(f"ERROR: the configured index has no source archive of {requirement}")
    if link.is_file:
        shutil.copyfile(link.file_path, out)
        return
    with (
        session.get(link.url_without_fragment, stream=True, headers={"Accept-Encoding": "identity"}) as answer,
        Path(out).open("wb") as file,
    ):
        if not answer.ok:
            raise SystemExit(f"ERROR: the index answered {answer.status_code} {answer.reason} for {link.filename}")
        for chunk in answer.iter_content(_CHUNK):
            file.write(chunk)


def _locate(name: str, version: str) -> tuple[Any, Any]:
    """pip's link to the archive (None: it knows none) and the session to read it with."""
    from pip._internal.commands import create_command
    from pip._vendor.packaging.specifiers import SpecifierSet

    command: Any = create_command("download")
    options, _rest = command.parse_args(["--no-binary=:all:", "--no-deps", "--no-input", f"{name}=={version}"])
    with command.main_context():
        session = command._build_session(options)
        finder = command._build_package_finder(options=options, session=session)
        best = finder.find_best_candidate(name, SpecifierSet(f"=={version}")).best_candidate
    return (best.link if best else None), session


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
