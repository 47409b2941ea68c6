"""Runs accepted jobs: takes them in, begins them in turn, runs their pipelines, keeps what came of them."""

from rung.runtime.runner.keeper import Durable
from rung.runtime.runner.runner import Runner
from rung.runtime.runner.terms import Terms

__all__ = ["Durable", "Runner", "Terms"]
