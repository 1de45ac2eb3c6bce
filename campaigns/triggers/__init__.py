"""One file = one trigger."""
