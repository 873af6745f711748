"""Who a party is: canonical forms of its fields, and the tokens it is looked up by. Pure functions."""

from shopguard.identity.canonical import FIELDS, PROFILE, Identity, identify
from shopguard.identity.token import KINDS, MAX_TOKENS, Token, Type, tokens

__all__ = ["FIELDS", "KINDS", "MAX_TOKENS", "PROFILE", "Identity", "Token", "Type", "identify", "tokens"]
