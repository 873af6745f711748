"""What the office is told when something cannot be decided, in Japanese and English."""

from shopguard.registry.refusals import Refusal, Refused
from shopguard.registry.reports.wording import both


def check_reason(reason: str) -> None:
    """Raise ``Refused`` where an account decides without saying why."""
    if not reason.strip():
        raise Refused(Refusal.RULES, NO_REASON)


NO_REASON = both("理由を書いてください。記録に残ります。", "say why: the reason is kept with the case")
NOT_WAITING = both(
    "この報告は審査待ちではありません（すでに判断済み、差戻し中、または取下げ済みです）。",
    "this report does not wait for the office: it is decided, returned or withdrawn",
)
TAKEN = both(
    "この報告は別の担当者が審査中です。次の案件を取るか、20分後にお試しください。",
    "somebody else works on this report: take the next one, or come back in 20 minutes",
)
OWN_SHOP = both(
    "ご自身が関係する店舗（または同じグループの店舗）の案件は判断できません。別の担当者にお任せください。",
    "this case is of a shop that you belong to, or of its group: somebody else at the office decides it",
)
NOT_YOURSELF = both(
    "ご自身の所属は、ご自身では解除できません。別の担当者が解除してください。",
    "that you belong to a shop no more is recorded by somebody else at the office",
)
NOT_AFFILIATED = both(
    "この担当者がその店舗に所属するという記録はありません。", "that account is not recorded as belonging to that shop"
)
