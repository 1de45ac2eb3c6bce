"""Tests of win-back ladders."""
