"""The HTTP receiver: what shop platforms and checkouts call."""
