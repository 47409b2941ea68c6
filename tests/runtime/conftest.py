"""Makes the modules beside it (toy_app) importable from the folders below."""
