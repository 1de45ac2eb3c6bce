"""One file = one provider that the sandbox stands in for."""
