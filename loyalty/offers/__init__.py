"""One file = one kind of offer."""
