"""Shops and health: how each shop does, what was given up, and setting up a shop step by step."""
