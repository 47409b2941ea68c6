"""The one guarded way from this server to a URL that somebody else named."""

from rung.runtime.fetch.addresses import Network, refusal
from rung.runtime.fetch.fetcher import Fetched, Fetcher
from rung.runtime.fetch.lookup import Resolve, look_up
from rung.runtime.fetch.urls import Target, read_url

__all__ = ["Fetched", "Fetcher", "Network", "Resolve", "Target", "look_up", "read_url", "refusal"]
