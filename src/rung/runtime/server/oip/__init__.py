"""The Open Inference Protocol v2: every variant called directly, with named tensors in and out."""

from rung.runtime.server.oip.endpoints import Oip, routes_of

__all__ = ["Oip", "routes_of"]
