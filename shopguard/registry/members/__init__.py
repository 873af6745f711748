"""Members: the businesses that may ask the registry, their keys and budgets, as the office keeps them."""

from shopguard.registry.members.model import Member, MemberAct, MemberKey, State
from shopguard.registry.members.service import Members

__all__ = ["Member", "MemberAct", "MemberKey", "Members", "State"]
