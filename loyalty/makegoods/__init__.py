"""The kinds of make-good, one file each."""
