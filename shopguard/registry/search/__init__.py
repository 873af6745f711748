"""The search of members, and who looked at what."""
