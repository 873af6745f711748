"""The life of entries: from a checked report to the day they end."""
