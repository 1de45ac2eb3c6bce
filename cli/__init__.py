"""The command: servers, workers, imports and the demo, from a terminal."""
