"""The operators' console, first form: one plain page with the orders that wait."""
