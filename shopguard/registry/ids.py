"""What people call records by, and what codes are written in: random symbols that are easily read and typed."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Five bits a symbol. Source: Crockford's Base 32, which leaves out what is easily misread (read 2026-11)."""

USUAL_LENGTH = 10


def new_id(kind: str, length: int = USUAL_LENGTH) -> str:
    """Return ``kind``, a hyphen and ``length`` random symbols: 50 random bits unless another length is given."""
    return f"{kind}-" + "".join(secrets.choice(ALPHABET) for _ in range(length))
