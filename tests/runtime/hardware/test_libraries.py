import subprocess
import sys

from rung.runtime.hardware.folders import folder_problems, look_at
from rung.runtime.hardware.libraries import is_here, runtime_reasons, versions
from rung.runtime.spec import Runtime


def test_what_is_missing_is_named_and_what_is_here_has_no_reason():
    runtimes = {
        "fine": Runtime(name="fine", modules=("numpy", "PIL.Image")),
        "poor": Runtime(name="poor", modules=("numpy", "no_such_library", "PIL.NoSuch")),
        "elsewhere": Runtime(name="elsewhere", modules=("torch",), python="/no/such/python"),
        "program": Runtime(name="program", modules=(), programs=("sh", "no-such-program")),
        "build": Runtime(name="build", modules=("PIL",), files=("PIL/Image.py", "PIL/no_such.so", "no_such/a.so")),
        "whole": Runtime(name="whole", modules=(), programs=("sh",), files=("PIL/Image.py",)),
    }

    reasons = runtime_reasons(runtimes)

    assert reasons["fine"] == ""
    assert reasons["poor"] == "no_such_library, PIL.NoSuch cannot be imported"
    assert "/no/such/python" in reasons["elsewhere"]
    assert reasons["program"] == "no-such-program is not on PATH"
    assert reasons["build"] == "PIL/no_such.so, no_such/a.so is not there"
    assert reasons["whole"] == ""


def test_looking_for_a_library_imports_none_of_it():
    code = (
        "import sys; from rung.runtime.hardware.libraries import is_here, versions;"
        "assert is_here('PIL.Image') and is_here('numpy'); versions(['numpy']);"
        "assert not {'PIL', 'numpy'} & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_version_is_the_distributions_and_empty_where_there_is_none():
    found = versions(["PIL.Image", "no_such_library"])

    assert found["PIL.Image"][0].isdigit()
    assert found["no_such_library"] == ""
    assert not is_here("no_such_library.inner")


def test_a_folder_that_is_not_made_yet_is_judged_by_its_nearest_parent(tmp_path):
    folder = look_at(str(tmp_path / "a" / "b"))

    assert (folder.exists, folder.writable) == (False, True)
    assert folder.free > 0


def test_a_folder_below_a_file_cannot_be_written_and_the_variable_is_the_remedy(tmp_path):
    (tmp_path / "file").touch()

    ((problem, remedy),) = folder_problems(look_at(str(tmp_path / "file" / "cache")), "RUNG_CACHE_DIR")

    assert "cannot be written" in problem
    assert "RUNG_CACHE_DIR" in remedy
