"""The pages for listed persons: no account, no script, nothing kept in the browser but the language."""
