"""Where notices go: the pages that set it up."""
