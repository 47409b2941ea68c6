"""The drills: faults on a real server with real processes, and what became of the work."""
