"""Segments: rules, trees, audiences, scores."""
