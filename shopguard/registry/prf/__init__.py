"""The keyed function that leads from a token to its place in the index, in a process of its own."""
