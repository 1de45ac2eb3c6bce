"""Promises broken on purpose: real processes, killed."""
