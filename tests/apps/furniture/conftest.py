"""The browser's tools are shared with the editor's tests."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "editor"))
