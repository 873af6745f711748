"""The shop's side: from a stored delivery to a verdict on the order. Start reading at ``pipeline.py``."""
