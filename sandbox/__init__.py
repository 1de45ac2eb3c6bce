"""A stand-in for the providers, run beside Encore as a process of its own: for the demo and the tests."""
