"""Rung: one runtime for several heavy AI models on hardware that is too small for them."""

__version__ = "0.1.0"
