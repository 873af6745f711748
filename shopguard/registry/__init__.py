"""The shared register of non-paying buyers: found by keyed tokens, never browsed; an entry's party never leaves."""
