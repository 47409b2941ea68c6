"""What the C library keeps at hand, seen in page faults of a process of its own."""

import subprocess
import sys

import pytest

CODE = """
import resource, sys
from rung.cli import memory
if sys.argv[1] == "kept" and not memory.keep_pages():
    sys.exit(77)
memory.settle()
def use():
    chunks = [bytes([n]) * (128 << 10) for n in range(8)]
    return [b"".join(chunks) for _ in range(4)]
use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    ran = subprocess.run([sys.executable, "-c", CODE, how], capture_output=True, text=True, timeout=60)
    if ran.returncode == 77:
        pytest.skip("this C library takes no such wish")
    assert ran.returncode == 0, ran.stderr
    return int(ran.stdout)


def test_memory_that_was_freed_is_used_again_without_fresh_pages() -> None:
    kept, plain = faults("kept"), faults("as it comes")

    assert kept < 5_000 < plain


HEAPS = """
import ctypes, sys, threading
from rung.cli import memory
if sys.argv[1] == "kept" and not memory.keep_pages():
    sys.exit(77)
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
together = threading.Barrier(4)
def use():
    together.wait()
    libc.malloc(5000)
threads = [threading.Thread(target=use) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc.fdopen.restype = ctypes.c_void_p
out = libc.fdopen(1, b"w")
libc.malloc_info(0, ctypes.c_void_p(out))
libc.fflush(ctypes.c_void_p(out))
"""


def heaps(how: str) -> int:
    ran = subprocess.run([sys.executable, "-c", HEAPS, how], capture_output=True, text=True, timeout=60)
    if ran.returncode == 77:
        pytest.skip("this C library takes no such wish")
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.count("<heap nr=")


def test_what_one_thread_has_freed_is_there_for_the_others() -> None:
    assert heaps("kept") == 1 < heaps("as it comes")
