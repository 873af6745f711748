"""Search of the registry and of the shop's own list, and the pages of that list."""
