"""One module a command, found by its file name; each has a click command named `command`."""
