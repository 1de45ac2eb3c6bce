"""One file = one way to earn points."""
