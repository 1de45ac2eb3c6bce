"""Measures the hot paths: one file each, found by scanning; files that begin with _ are what they share."""
