"""What the tests share: servers, a clock that a test sets."""
