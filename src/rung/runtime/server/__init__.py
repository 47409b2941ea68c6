"""Bytes, status codes, and nowhere else: Rung over HTTP."""

from rung.runtime.server.asgi import create_app
from rung.runtime.server.body import Intake
from rung.runtime.server.guard import check_bind
from rung.runtime.server.listen import listener
from rung.runtime.server.models import Admin

__all__ = ["Admin", "Intake", "check_bind", "create_app", "listener"]
