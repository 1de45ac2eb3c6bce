"""One file = one rule."""
