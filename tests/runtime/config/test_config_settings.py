import os
from pathlib import Path

import pytest

from rung.models.catalog import LADDERS, VARIANTS
from rung.runtime.config import load_settings
from rung.runtime.config.environment import Environment
from rung.runtime.errors import ConfigError
from rung.runtime.settings import Preload
from rung.runtime.spec import Footprint, GiB, Licence, MiB, Placeable, Variant, Weights
from rung.runtime.weights.store import open_store

HOME = {"HOME": "/home/u"}
EXAMPLES = Path(__file__).parents[3] / "examples"
MIT = Licence(name="MIT", commercial=True)
PLACE = Placeable(device="cpu", precision="fp32", footprint=Footprint(resident=1), caps={"side": 512})


def a_variant(name: str, task: str, *files: str) -> Variant:
    weights = tuple(Weights(name=f, size=1, sha256="0", licence=MIT) for f in files)
    return Variant(
        name=name, task=task, title="", loader="", runtime="onnx", kind="real", places=(PLACE,), weights=weights,
        options={"refine": True},
    )  # fmt: skip


KNOWN = {
    v.name: v
    for v in (
        a_variant("sam2-tiny", "segment", "sam2/encoder.ort", "sam2/decoder.onnx"),
        a_variant("grabcut", "segment"),
        a_variant("migan", "inpaint", "migan.onnx"),
    )
}


def load(folder: Path, text: str, env: dict[str, str] | None = None):
    file = folder / "rung.toml"
    file.write_text(text)
    return load_settings(file, env=env or HOME, variants=KNOWN, tasks=("segment", "inpaint", "fill"))


def refusal(folder: Path, text: str, env: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, env)
    return caught.value.message


def test_every_section_is_read_into_its_type(tmp_path):
    (tmp_path / "mine.onnx").write_bytes(b"x")
    settings = load(
        tmp_path,
        """
        [task.segment]
        mode = "real"
        ladder = ["grabcut", "sam2-tiny"]
        [variant.migan]
        weights = "mine.onnx"
        device = "cuda:1"
        precision = "fp16"
        threads = 3
        options = { refine = false }
        env = { OMP_NUM_THREADS = 2 }
        caps = { side = 512 }
        force = true
        [machine]
        devices = ["cpu", "cuda"]
        ram_budget = "12 GiB"
        vram_budget = { "cuda:0" = "20 GiB" }
        [licenses]
        allow = "copyleft"
        non_commercial = true
        [server]
        port = 9000
        wait_s = 2
        [limits."editor.remove"]
        bytes = "10 MiB"
        files = 2
        """,
    )

    migan = settings.variants["migan"]
    assert settings.tasks["segment"].ladder == ("grabcut", "sam2-tiny")
    assert migan.weights == {"migan.onnx": str(tmp_path / "mine.onnx")}
    assert (migan.device, migan.precision, migan.threads, migan.force) == ("cuda:1", "fp16", 3, True)
    assert (migan.options, migan.env, migan.caps) == ({"refine": False}, {"OMP_NUM_THREADS": "2"}, {"side": 512})
    assert settings.machine.ram_budget == 12 * GiB
    assert settings.machine.vram_budget == {"cuda:0": 20 * GiB}
    assert (settings.licenses.allow, settings.licenses.non_commercial) == ("copyleft", True)
    assert (settings.server.port, settings.server.wait_s) == (9000, 2.0)
    assert settings.limits == {"editor.remove": {"bytes": 10 * MiB, "files": 2}}


def test_everything_that_is_wrong_is_said_at_once_in_the_files_order(tmp_path):
    said = refusal(
        tmp_path,
        """[task.segmnt]
mode = "real"
[task.inpaint]
mode = "reel"
[server]
prot = 1
port = 70000
""",
    ).splitlines()

    assert said[0].startswith("4 things")
    assert [line.split("rung.toml, ")[1].split(":")[0] for line in said[1:]] == ["line 1", "line 4", "line 6", "line 7"]
    assert "did you mean 'segment'?" in said[1]
    assert "did you mean 'real'?" in said[2]
    assert "unknown key 'prot' in [server]; did you mean 'port'?" in said[3]
    assert "wants a whole number from 0 to 65535" in said[4]


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("[tasks.segment]\nmode = 'real'", 1, "did you mean 'task'?"),
        ("[task]\nsegment = 'real'", 2, "task.segment = 'real' wants a table"),
        ("[task.segment]\nladder = 'grabcut'", 2, "wants a list"),
        ("[task.segment]\nladder = [\n'grabcut',\n'grabcot']", 4, "did you mean 'grabcut'?"),
        ("[task.segment]\nladder = ['migan']", 2, "is a variant of inpaint"),
        ("[task.segment]\nladder = ['grabcut', 'grabcut']", 2, "more than once"),
        ("[variant.sam2-tyni]\nthreads = 1", 1, "did you mean 'sam2-tiny'?"),
        ("[variant.migan]\ndevice = 'gpu0'", 2, "wants 'auto', 'cpu', 'mps', 'cuda' or 'cuda:N'"),
        ("[variant.migan]\nprecision = 'fp61'", 2, "did you mean 'fp16'?"),
        ("[variant.migan]\nthreads = 0", 2, "from 1 to 1024"),
        ("[variant.migan]\nttl_s = 0", 2, "from 1 to"),
        ("[variant.migan]\nwarmup = -1", 2, "from 0 to 100"),
        ("[variant.migan]\nwarmup = true", 2, "wants a whole number"),
        ("[variant.migan]\nload_limit_s = 0", 2, "wants a number from"),
        ("[variant.migan]\npinned = 1", 2, "wants true or false"),
        ("[variant.migan]\nreplicas = 'both'", 2, "wants 'all', or on how many devices"),
        ("[machine]\npreload = 'migan'", 2, "wants a list"),
        ("[machine]\npreload = [\n'migan@cuda:1',\n'mygan']", 4, "did you mean 'migan'?"),
        ("[machine]\npreload = ['migan@cuda']", 2, "wants one device: 'cpu', 'mps' or 'cuda:N'"),
        ("[machine]\npreload = ['migan', 'grabcut', 'migan']", 2, "names 'migan' more than once"),
        ("[variant.migan]\nthreads = true", 2, "wants a whole number"),
        ("[variant.migan]\ncaps = { sid = 512 }", 2, "did you mean 'side'?"),
        ("[variant.migan]\n\noptions.refin = 1", 3, "did you mean 'refine'?"),
        ("[variant.migan]\nforce = 'yes'", 2, "wants true or false"),
        ("[variant.migan]\nweights = 'nowhere.onnx'", 2, "is no file"),
        ("[machine]\nram_budget = '12 Gigs'", 2, "wants a size"),
        ("[machine]\nvram_budget = { 'cuda:0' = '1 GiB', cpu = 3 }", 2, "ram_budget"),
        ("[machine]\ndevices = ['cuda:x']", 2, "wants a device"),
        ("[licenses]\nallow = 'copyrigth'", 2, "wants one of 'permissive', 'copyleft', 'any'"),
        ("[server]\nwait_s = nan", 2, "wants a number"),
        ("[limits.editor.remove]\nfiles = 1", 1, '[limits."editor.remove"]'),
        ("[server]\nport = 1\nport = 2", 3, "no TOML"),
    ],
)
def test_a_wrong_key_or_value_names_its_line_and_what_would_be_right(tmp_path, text, line, sentence):
    said = refusal(tmp_path, text)

    assert f"rung.toml, line {line}:" in said
    assert sentence in said


def test_the_number_of_warm_ups_is_read_and_none_is_not_nought(tmp_path):
    settings = load(tmp_path, "[variant.migan]\nwarmup = 0\n[variant.sam2-tiny]\nthreads = 1")

    assert (settings.variants["migan"].warmup, settings.variants["sam2-tiny"].warmup) == (0, None)


def test_one_path_for_a_variant_of_two_files_is_refused_with_their_names(tmp_path):
    (tmp_path / "x.onnx").touch()

    said = refusal(tmp_path, "[variant.sam2-tiny]\nweights = 'x.onnx'")

    assert "line 2" in said
    assert "sam2/encoder.ort, sam2/decoder.onnx" in said


def test_a_files_ending_becomes_its_full_name(tmp_path):
    (tmp_path / "x.ort").touch()

    settings = load(tmp_path, "[variant.sam2-tiny.weights]\n'encoder.ort' = 'x.ort'")

    assert settings.variants["sam2-tiny"].weights == {"sam2/encoder.ort": str(tmp_path / "x.ort")}


def test_the_environment_wins_over_the_file(tmp_path):
    env = {**HOME, "RUNG_HOST": "::1", "RUNG_PORT": "81", "RUNG_OFFLINE": "1", "RUNG_DATA_DIR": "~/d"}

    settings = load(tmp_path, "[server]\nport = 9000\nhost = 'other'", env)

    assert (settings.server.host, settings.server.port, settings.offline) == ("::1", 81, True)
    assert settings.data_dir == "/home/u/d"


def test_wrong_variables_are_named_with_what_would_be_right(tmp_path):
    said = refusal(tmp_path, "", {**HOME, "RUNG_PORT": "many", "RUNG_OFFLINE": "perhaps", "RUNG_CACHEDIR": "/x"})

    assert "RUNG_PORT = 'many' wants a whole number from 0 to 65535" in said
    assert "RUNG_OFFLINE = 'perhaps' wants 1 or 0" in said
    assert "unknown variable RUNG_CACHEDIR; did you mean RUNG_CACHE_DIR?" in said


@pytest.mark.parametrize(
    ("env", "cache"),
    [
        ({}, "/home/u/.cache/rung"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/rung"),
        ({"XDG_CACHE_HOME": "relative"}, "/home/u/.cache/rung"),
        ({"XDG_CACHE_HOME": "/x", "RUNG_CACHE_DIR": "/mine"}, "/mine"),
    ],
)
def test_the_cache_folder_follows_the_variables_in_order(tmp_path, monkeypatch, env, cache):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.platform", "linux")

    assert load_settings(env={**HOME, **env}).cache_dir == cache


def test_visible_cuda_devices_narrow_the_machine_unless_the_file_lists_its_own(tmp_path):
    env = {**HOME, "CUDA_VISIBLE_DEVICES": "2,0"}

    assert load(tmp_path, "", env).machine.devices == ("cpu", "mps", "cuda:2", "cuda:0")
    assert load(tmp_path, "[machine]\ndevices = ['cpu']", env).machine.devices == ("cpu",)
    assert load(tmp_path, "", {**HOME, "CUDA_VISIBLE_DEVICES": ""}).machine.devices == ("cpu", "mps")
    assert "by number" in refusal(tmp_path, "", {**HOME, "CUDA_VISIBLE_DEVICES": "GPU-8a"})


def test_the_file_is_the_given_one_else_the_variables_else_the_one_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, port in (("given", 1), ("named", 2), ("rung", 3)):
        (tmp_path / f"{name}.toml").write_text(f"[server]\nport = {port}")
    env = {**HOME, "RUNG_CONFIG": str(tmp_path / "named.toml")}

    assert load_settings(Path("given.toml"), env=env).server.port == 1
    assert load_settings(env=env).server.port == 2
    assert load_settings(env=HOME).server.port == 3
    os.remove("rung.toml")
    assert load_settings(env=HOME).source == ""


def test_a_file_that_is_named_but_missing_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="RUNG_CONFIG names it"):
        load_settings(env={**HOME, "RUNG_CONFIG": str(tmp_path / "no.toml")})


@pytest.mark.parametrize("name", ["rung.laptop.toml", "rung.24gb.toml"])
def test_the_example_files_are_right(name):
    settings = load_settings(EXAMPLES / name, env=HOME, variants=VARIANTS, tasks=LADDERS)

    assert settings.source.endswith(name)
    assert settings.machine.ram_budget


def test_a_cap_that_the_variant_does_not_heed_is_refused(tmp_path):
    file = tmp_path / "rung.toml"
    file.write_text("[variant.migan]\ncaps = { steps = 4 }\n")

    with pytest.raises(ConfigError, match=r"line 2.*'steps'.*'side'"):
        load_settings(file, env=HOME, variants=KNOWN, tasks=("inpaint",))


def test_what_is_preloaded_and_how_long_it_stays_is_read(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        """
        [machine]
        preload = ["migan", "sam2-tiny@cuda:1", "grabcut@all"]
        [variant.migan]
        ttl_s = 90
        pinned = true
        replicas = 2
        """,
    )

    assert settings.machine.preload == (Preload(variant="migan"), Preload(variant="sam2-tiny", device="cuda:1"),
                                        Preload(variant="grabcut", device="all"))  # fmt: skip
    migan = settings.variants["migan"]
    assert (migan.ttl_s, migan.pinned, migan.replicas) == (90.0, True, 2)


@pytest.mark.parametrize(
    ("env", "there", "folder"),
    [
        ({}, ["/run/user/7"], "/run/user/7/rung"),
        ({"XDG_RUNTIME_DIR": "/session"}, ["/session", "/run/user/7"], "/session/rung"),
        ({"XDG_RUNTIME_DIR": "/gone"}, ["/run/user/7"], "/tmp/rung-7"),
        ({"TMPDIR": "/scratch"}, [], "/scratch/rung-7"),
        ({"RUNG_RUNTIME_DIR": "/mine", "RUNG_DATA_DIR": "/data"}, ["/run/user/7"], "/mine"),
        ({"RUNG_DATA_DIR": "/data"}, ["/run/user/7"], "/run/user/7/rung"),
    ],
)
def test_all_rungs_of_a_user_meet_in_one_folder(env: dict[str, str], there: list[str], folder: str) -> None:
    assert Environment.of(HOME | env).runtime_folder(7, lambda path: str(path) in there) == folder


@pytest.mark.parametrize(
    "weights",
    [
        "weights = 'own.onnx'",
        "weights = { 'u2net.onnx' = 'own.onnx' }",
        "weights = { 'u2net/u2net.onnx' = 'own.onnx' }",
    ],
)
def test_a_users_own_onnx_file_stands_for_the_graph_however_it_is_named(tmp_path, weights):
    """As it did before ours was taken apart."""
    (tmp_path / "own.onnx").write_bytes(b"x")
    (tmp_path / "rung.toml").write_text(f"[variant.u2net]\n{weights}\n")

    settings = load_settings(tmp_path / "rung.toml", env=HOME, variants=VARIANTS, tasks=LADDERS)
    store = open_store(settings, VARIANTS.values())

    assert settings.variants["u2net"].weights == {"mapped/u2net/u2net.onnx": str(tmp_path / "own.onnx")}
    assert [w.name for w in store.needed(VARIANTS["u2net"].weights)] == ["mapped/u2net/u2net.onnx"]
    assert store.paths([VARIANTS["u2net"]]) == {"mapped/u2net/u2net.onnx": str(tmp_path / "own.onnx")}
