"""One module a command; `spanmart.cli` finds them by file name. Each defines a click command named `command`."""
