"""The pages of a registry's office: what waits, what was said and shown, and the decisions."""
