"""Tests of messaging: the life of messages."""
