"""Letters and mails to persons, in Japanese and English: what happened, what can be done, until when. Pure.

No letter threatens, accuses, asks for money or names a shop to a person; ``words.words_amiss`` finds what would.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import msgspec

from shopguard.model import Category
from shopguard.registry.disputes.model import Contact, RequestKind, Withheld
from shopguard.registry.disputes.words import WITHHELD, category_en, category_ja, kind_en, kind_ja


class Template(StrEnum):
    """Which letter it is."""

    NOTICE = "notice"  # to the person, before an entry is served
    FURTHER_NOTICE = "further_notice"  # to the person, before a further report counts
    RECEIVED = "received"  # to the person who asked
    ADDRESS_CHECK = "address_check"  # a code to the recorded address
    REPORTER_TOLD = "reporter_told"  # to the shop: the person objects
    EXTENDED = "extended"
    UPHELD = "upheld"
    CORRECTED = "corrected"
    ERASED = "erased"
    DISCLOSED = "disclosed"
    NOTHING_HELD = "nothing_held"
    NOT_SHOWN = "not_shown"
    PROTECTED = "protected"
    REPORTER_ANSWERED = "reporter_answered"  # to the shop: how it was decided
    REPORTER_ASKED = "reporter_asked"  # to the shop: whether its report still holds
    REPORTER_RETURNED = "reporter_returned"  # to the shop: the office asks for more
    DEADLINE = "deadline"  # to the office


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes. ``page`` is where codes are typed in, ``contact`` where letters and calls go."""

    name: str = "ShopGuard"
    page: str = ""
    contact: str = ""

    @property
    def can_be_answered(self) -> bool:
        return bool(self.page or self.contact)


class Wording(msgspec.Struct, frozen=True):
    """A letter in one language."""

    title: str
    body: str


class Letter(msgspec.Struct, frozen=True):
    """What is sent, in both languages, and to whom. Personal data."""

    to: Contact
    ja: Wording
    en: Wording

    @property
    def text(self) -> str:
        """Both languages as one plain text, the Japanese first."""
        return f"{self.ja.title}\n\n{self.ja.body}\n\n{'-' * 20}\n\n{self.en.title}\n\n{self.en.body}\n"

    def __repr__(self) -> str:
        return "Letter(***)"


@dataclass(frozen=True, slots=True)
class Case:
    """What a letter may say of an entry. ``month`` is that of the latest order, ``2026-08``."""

    category: Category
    month: str
    gone_on: date | None = None


def notice(to: Contact, sender: Sender, today: date, code: str, case: Case, until: date) -> Letter:
    """The first letter: what is going to be recorded, and how to answer before it is told to anybody."""
    ja = [
        "通信販売の店舗から、下記のご注文について当事務局に連絡がありました。内容を確かめたうえで、加盟店が共同で利用する"
        "登録簿に登録する予定です。その前に、ご本人のご意見をお聞かせください。",
        lines(("照会番号", code), *_case_ja(case), ("ご回答の期限", day_ja(until))),
        "この期限までは、登録の内容が他の加盟店に伝わることはありません。事実と異なる場合、お支払いがお済みの場合、"
        "ほかの方がお名前を使った場合は、お知らせください。お知らせをいただくと、確認が終わるまで加盟店には伝わりません。"
        "期限の後でも、いつでもお知らせいただけます。",
        "お支払いが確認できたときは48時間以内に、確認できないままの場合でも定めの期間が過ぎると、登録は消去されます。",
        _RIGHTS_JA,
    ]
    en = [
        "An online shop has told us about the order below. After checking, we intend to record it in a register that "
        "member shops use together. Before that, we would like to hear from you.",
        lines(("Your code", code), *_case_en(case), ("Please answer by", day_en(until))),
        "Until that day nothing is told to any other shop. Please let us know if this is not right, if you have "
        "paid, or if somebody else used your name. When you do, nothing is told to other shops until it has been "
        "checked. You may also tell us later, at any time.",
        "When payment is confirmed the record is erased within 48 hours; otherwise it ends by itself after a fixed "
        "period.",
        _RIGHTS_EN,
    ]
    return written(to, sender, today, ("ご注文に関する登録の前のお知らせ", ja), ("Before we record an order", en))


def further_notice(to: Contact, sender: Sender, today: date, code: str, cases: Sequence[Case], until: date) -> Letter:
    """To the person of an entry: what is going to be added to it, and how to answer before that counts.

    Args:
        cases: what was reported, each by itself.
    """
    cases_ja = [line for case in cases for line in _case_ja(case)]
    cases_en = [line for case in cases for line in _case_en(case)]
    ja = [
        "通信販売の店舗から、下記のご注文についても当事務局に連絡がありました。内容を確かめたうえで、加盟店が共同で利用する"
        "登録簿の、ご本人についての登録に加える予定です。その前に、ご本人のご意見をお聞かせください。",
        lines(("照会番号", code), *cases_ja, ("ご回答の期限", day_ja(until))),
        "この期限までは、このご連絡の内容が他の加盟店に伝わることはなく、これまでの登録にも影響しません。事実と異なる場合、"
        "お支払いがお済みの場合、ほかの方がお名前を使った場合は、お知らせください。お知らせをいただくと、確認が終わるまで、"
        "これまでの登録を含めて、何も加盟店には伝わりません。期限の後でも、いつでもお知らせいただけます。",
        "お支払いが確認できたご注文は、登録の理由から除かれます。ほかに理由がなければ、登録は48時間以内に消去されます。"
        "確認できないままの場合でも定めの期間が過ぎると、登録は消去されます。",
        _RIGHTS_JA,
    ]
    en = [
        "An online shop has told us about the order below, too. After checking, we intend to add it to the record "
        "about you in the register that member shops use together. Before that, we would like to hear from you.",
        lines(("Your code", code), *cases_en, ("Please answer by", day_en(until))),
        "Until that day nothing of this report is told to any other shop, and it changes nothing in the record. "
        "Please let us know if it is not right, if you have paid, or if somebody else used your name. When you do, "
        "nothing of the whole record is told to other shops until it has been checked. You may also tell us later, "
        "at any time.",
        "An order whose payment is confirmed is no ground for the record any more; where there is no other, the "
        "record is erased within 48 hours. Otherwise it ends by itself after a fixed period.",
        _RIGHTS_EN,
    ]
    titles = "ご注文を登録に加える前のお知らせ", "Before we add an order to a record"
    return written(to, sender, today, (titles[0], ja), (titles[1], en))


def received(
    to: Contact, sender: Sender, today: date, request_id: str, kind: RequestKind, due_on: date, receipt: str
) -> Letter:
    """What the person asked has arrived. ``receipt`` is the code by which its standing is asked."""
    ja = [
        "次のお申出を受け付けました。",
        lines(
            ("受付番号", request_id),
            ("確認番号", receipt),
            ("お申出", kind_ja(kind)),
            ("お返事の期限", day_ja(due_on)),
        ),
        *(["登録の内容は、ただいまから加盟店に伝わりません。"] if kind.unserves else []),
    ]
    en = [
        "We have received your request.",
        lines(("Request", request_id), ("Code", receipt), ("About", kind_en(kind)), ("We answer by", day_en(due_on))),
        *(["From this moment nothing of the record is told to member shops."] if kind.unserves else []),
    ]
    return written(to, sender, today, ("お申出を受け付けました", ja), ("We have received your request", en))


def address_check(to: Contact, sender: Sender, today: date, request_id: str, secret: str) -> Letter:
    """A code to the recorded address: whoever types it in lives there."""
    ja = [
        "ご本人の確認のため、登録されている住所にこの手紙をお送りしました。次の番号をページにご入力ください。",
        lines(("受付番号", request_id), ("本人確認の番号", secret)),
        "お心当たりがない場合は、何もなさらないでください。身分証明書の写しをお預かりすることはありません。",
    ]
    en = [
        "To make sure that a request comes from you, we send this letter to the address we hold. Please type in:",
        lines(("Request", request_id), ("Code", secret)),
        "If you asked for nothing, there is nothing to do. We never keep a copy of an identity document.",
    ]
    return written(to, sender, today, ("ご本人の確認について", ja), ("To make sure that it is you", en))


def extended(to: Contact, sender: Sender, today: date, request_id: str, due_on: date, reason: str) -> Letter:
    """One extension, with its reason."""
    ja = [
        "新しい資料を確かめるため、お返事を一度だけ延ばします。その間も、登録の内容は加盟店に伝わりません。",
        lines(("受付番号", request_id), ("理由", reason), ("お返事の期限", day_ja(due_on))),
    ]
    en = [
        "To check new facts we need more time, once. Meanwhile nothing of the record is told to member shops.",
        lines(("Request", request_id), ("Reason", reason), ("We answer by", day_en(due_on))),
    ]
    return written(to, sender, today, ("お返事の期限について", ja), ("When we answer", en))


def upheld(to: Contact, sender: Sender, today: date, request_id: str, reason: str, gone_on: date | None) -> Letter:
    """The entry was shown to be right; why, when it ends, and what can still be done."""
    ja = [
        "お申出を、店舗の資料とあわせて確かめました。登録の内容は資料で示されましたので、登録を続けます。",
        lines(("受付番号", request_id), ("理由", reason), *_until_ja(gone_on)),
        "新しい資料があれば、いつでももう一度お知らせください。個人情報保護委員会や、お住まいの地域の消費生活センターに"
        "ご相談いただくこともできます。",
        _RIGHTS_JA,
    ]
    en = [
        "We checked what you told us together with what the shop has shown. It shows that the record is right, so it "
        "stays.",
        lines(("Request", request_id), ("Reason", reason), *_until_en(gone_on)),
        "If you have anything new to show, tell us again at any time. You may also turn to the Personal Information "
        "Protection Commission or to your local consumer centre.",
        _RIGHTS_EN,
    ]
    return written(to, sender, today, ("お申出へのお返事", ja), ("Our answer", en))


def erased(to: Contact, sender: Sender, today: date, request_id: str, reason: str) -> Letter:
    """Nothing is recorded any more."""
    ja = [
        "登録を消去しました。お名前、ご住所、お電話番号など、ご本人が分かる内容は残っていません。",
        lines(("受付番号", request_id), ("理由", reason)),
        "ご迷惑をおかけしたことをお詫びいたします。この件でお手続きいただくことはありません。",
    ]
    en = [
        "The record has been erased. Nothing that says who you are, such as name, address or phone, is left.",
        lines(("Request", request_id), ("Reason", reason)),
        "We are sorry for the trouble. There is nothing more for you to do.",
    ]
    return written(to, sender, today, ("登録を消去しました", ja), ("The record has been erased", en))


def corrected(to: Contact, sender: Sender, today: date, request_id: str, reason: str, gone_on: date | None) -> Letter:
    """A fact was changed; what, and until when the entry stays."""
    ja = [
        "お申出のとおり、登録の内容を訂正しました。",
        lines(("受付番号", request_id), ("訂正した内容", reason), *_until_ja(gone_on)),
        _RIGHTS_JA,
    ]
    en = [
        "We have corrected the record as you asked.",
        lines(("Request", request_id), ("What was corrected", reason), *_until_en(gone_on)),
        _RIGHTS_EN,
    ]
    return written(to, sender, today, ("登録の内容を訂正しました", ja), ("The record has been corrected", en))


def disclosed(
    to: Contact, sender: Sender, today: date, request_id: str, copy: tuple[str, str], withheld: Sequence[Withheld]
) -> Letter:
    """The copy that was asked for (``copy``: Japanese and English), and for each part left out the reason."""
    ja = ["登録されている内容は次のとおりです。", lines(("受付番号", request_id)), copy[0]]
    en = ["This is what is recorded.", lines(("Request", request_id)), copy[1]]
    if withheld:
        ja += ["お示ししていない部分があります。理由は次のとおりです。", *(WITHHELD[one][0] for one in withheld)]
        en += ["A part is left out, for this reason:", *(WITHHELD[one][1] for one in withheld)]
    return written(
        to, sender, today, ("登録の内容の開示", [*ja, _RIGHTS_JA]), ("A copy of what is held", [*en, _RIGHTS_EN])
    )


def nothing_held(to: Contact, sender: Sender, today: date, request_id: str) -> Letter:
    """There is no entry about whoever asks."""
    ja = ["お調べしたところ、登録はありませんでした。", lines(("受付番号", request_id))]
    en = ["We have looked, and nothing is recorded.", lines(("Request", request_id))]
    return written(to, sender, today, ("登録はありません", ja), ("Nothing is recorded", en))


def not_shown(to: Contact, sender: Sender, today: date, request_id: str) -> Letter:
    """Whose request it is could not be shown; how it still can be."""
    ja = [
        "ご本人からのお申出であることを確かめられなかったため、写しをお送りできませんでした。",
        lines(("受付番号", request_id)),
        "いつでも、もう一度お申し出ください。ご注文の番号や金額などのうち二つ、または登録されている住所にお送りする番号で"
        "確かめます。身分証明書の写しは必要ありません。",
    ]
    en = [
        "We could not make sure that the request comes from you, so no copy was sent.",
        lines(("Request", request_id)),
        "Please ask again at any time. Two facts of the order, such as its number and amount, or a code sent to the "
        "address we hold are enough. No copy of an identity document is needed.",
    ]
    return written(to, sender, today, ("ご本人の確認について", ja), ("We could not make sure that it is you", en))


def protected(to: Contact, sender: Sender, today: date, request_id: str, until: date) -> Letter:
    """The name was misused: the entry is gone, and shops are asked to confirm orders under it."""
    ja = [
        "ほかの方がお名前を使ったことを確かめ、登録を消去しました。今後、このお名前とご住所のご注文については、"
        "発送の前にお電話で確認するよう加盟店にお願いします。ご本人について悪い内容が伝わることはありません。",
        lines(("受付番号", request_id), ("この扱いの終わる日", day_ja(until))),
        "この扱いは、お申出があればいつでもやめます。",
    ]
    en = [
        "We found that somebody else used your name, and have erased the record. From now on member shops are asked "
        "to confirm orders under this name and address by phone before shipping. Nothing bad is said of you.",
        lines(("Request", request_id), ("This ends on", day_en(until))),
        "Tell us if you would rather not have this, at any time.",
    ]
    return written(to, sender, today, ("お名前の保護について", ja), ("Your name is protected", en))


def deadline(sender: Sender, today: date, subject: str, what: str, due_on: date) -> Letter:
    """To the office: a deadline comes near, or has passed."""
    return written(
        Contact(),
        sender,
        today,
        ("期限のお知らせ", [lines(("対象", subject), ("内容", what), ("期限", day_ja(due_on)))]),
        ("A deadline", [lines(("About", subject), ("What", what), ("Due", day_en(due_on)))]),
    )


_RIGHTS_JA = (
    "写しの請求、訂正、利用の停止、消去のお申出は、いつでも無料で受け付けます。お返事の期限は、写しは14日、"
    "そのほかは30日です。当事務局が代金をお預かりすることはありません。お支払いについては、ご注文の店舗にお尋ねください。"
)
_RIGHTS_EN = (
    "You may ask at any time, free of charge, for a copy, a correction, an end of use or erasure. A copy takes up to "
    "14 days, everything else up to 30. We never take money; about paying, please ask the shop you ordered from."
)


def written(
    to: Contact, sender: Sender, today: date, ja: tuple[str, Sequence[str]], en: tuple[str, Sequence[str]]
) -> Letter:
    """Return a letter of a title and paragraphs in each language, with day, greeting and sender around them."""
    name = to.name.strip()
    head_ja = [day_ja(today), *([f"{name} 様"] if name else [])]
    head_en = [day_en(today), *([f"Dear {name},"] if name else [])]
    foot = "\n".join(line for line in (sender.name, sender.page, sender.contact) if line)
    return Letter(
        to,
        Wording(ja[0], "\n\n".join([*head_ja, *ja[1], foot])),
        Wording(en[0], "\n\n".join([*head_en, *en[1], foot])),
    )


def lines(*facts: tuple[str, str]) -> str:
    """Return a paragraph of facts with their names, without those that are empty."""
    return "\n".join(f"  {name}: {value}" for name, value in facts if value)


def _case_ja(case: Case) -> Sequence[tuple[str, str]]:
    year, month = case.month.split("-")
    return ("内容", category_ja(case.category)), ("ご注文の時期", f"{year}年{int(month)}月"), *_until_ja(case.gone_on)


def _case_en(case: Case) -> Sequence[tuple[str, str]]:
    return ("About", category_en(case.category)), ("Time of the order", case.month), *_until_en(case.gone_on)


def _until_ja(gone_on: date | None) -> Sequence[tuple[str, str]]:
    return [] if gone_on is None else [("遅くとも消去される日", day_ja(gone_on))]


def _until_en(gone_on: date | None) -> Sequence[tuple[str, str]]:
    return [] if gone_on is None else [("Erased at the latest on", day_en(gone_on))]


def day_ja(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def day_en(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"
