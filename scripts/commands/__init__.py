"""One module a command of `weir`."""
