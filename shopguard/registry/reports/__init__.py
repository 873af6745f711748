"""Reports of shops: what they state, by which rules they are taken in, where they stand."""
