"""Makes the modules beside it (toy_app, postgres) importable from the folders below."""

from postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]
