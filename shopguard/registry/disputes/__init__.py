"""The persons' desk: what listed persons ask, and what they are answered."""
