"""One folder per shop platform; found by entry point, never imported by name."""
