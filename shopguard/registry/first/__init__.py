"""The first form of the registry: one database, nothing sealed in the index. Goes when the stores take over."""
