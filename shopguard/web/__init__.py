"""The pages and probes people and their tools look at."""
