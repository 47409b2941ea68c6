"""Owns what the start of a template takes from the system: channels, and the process itself."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rung.runtime.workers.limits import scrubbed

BOOT = str(Path(__file__).with_name("boot.py"))


def channels() -> tuple[socket.socket, socket.socket, int, int]:
    """Both ends of a socket, and of a pipe for a log. Raises OSError and leaves nothing open."""
    ours, theirs = socket.socketpair()
    try:
        return ours, theirs, *os.pipe()
    except OSError:
        ours.close()
        theirs.close()
        raise


def popen(modules: Sequence[str], control: int, log: int) -> subprocess.Popen[bytes]:
    """A process that becomes a template with those modules. It is given none of our secrets and no other file."""
    arguments = [str(control), str(os.getpid()), json.dumps(modules)]
    return subprocess.Popen(
        [sys.executable, "-P", BOOT, "template", *arguments],
        env=scrubbed(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=[control],
        start_new_session=True,
    )
