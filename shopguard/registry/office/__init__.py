"""The office: what waits for a decision, who decides it, and what follows."""
