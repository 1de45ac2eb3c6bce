"""One file = one command: a module of the command's name that holds a click command called `command`."""
