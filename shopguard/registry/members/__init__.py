"""Members: the businesses that may ask the registry, their keys and budgets, as the office keeps them."""

from shopguard.registry.members.model import Act, Member, MemberKey, State
from shopguard.registry.members.service import Members

__all__ = ["Act", "Member", "MemberKey", "Members", "State"]
