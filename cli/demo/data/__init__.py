"""The data the demo starts from; its origin stands in README.md beside it."""
