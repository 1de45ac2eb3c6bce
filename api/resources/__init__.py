"""One file per resource: each has a `blueprint`, which api/app.py finds by scanning this folder."""
