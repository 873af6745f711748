"""The words for categories, requests and reasons in letters and on pages, and those that no letter may have. Pure."""

import re

from shopguard.model import Category
from shopguard.registry.disputes.model import RequestKind, Withheld


def category_ja(category: Category) -> str:
    return _CATEGORY[category][0]


def category_en(category: Category) -> str:
    return _CATEGORY[category][1]


def kind_ja(kind: RequestKind) -> str:
    return _KIND[kind][0]


def kind_en(kind: RequestKind) -> str:
    return _KIND[kind][1]


def words_amiss(text: str) -> tuple[str, ...]:
    """Return the words of ``text`` that no letter may have: they threaten, accuse or press for money."""
    found = [word for word in _AMISS_JA if word in text]
    return (*found, *dict.fromkeys(match.group().lower() for match in _AMISS_EN.finditer(text)))


_AMISS_JA = (
    *(
        "ブラック",
        "詐欺",
        "犯罪",
        "犯人",
        "違法",
        "不正",
        "悪質",
        "常習",
        "滞納者",
        "不払い者",
        "加害",
        "泥棒",
        "窃盗",
        "嘘",
        "虚偽",
    ),
    *("警察", "逮捕", "告訴", "告発", "訴訟", "訴え", "法的", "裁判", "差押", "差し押さえ", "強制執行", "信用情報"),
    *("勤務先", "職場", "会社に連絡", "家族に", "ご家族", "学校に", "公表", "公開", "晒", "さらし"),
    *("支払え", "直ちに", "至急", "さもなければ", "覚悟", "請求します", "督促", "取り立て", "遅延損害金", "弁護士"),
)
_AMISS_EN = re.compile(
    r"\b(?:blacklist\w*|black list\w*|fraud\w*|crim(?:e|es|inal\w*)|offend\w*|culprit\w*|cheat\w*|thie(?:f|ves)"
    r"|steal\w*|stole\w*|swindl\w*|scam\w*|liars?|lying|lied|dishonest\w*|illegal\w*|guilty|deadbeat\w*|defaulters?"
    r"|debtors?|police|arrest\w*|lawsuits?|sue|suing|sued|legal (?:action|steps?|proceedings)|prosecut\w*|courts?"
    r"|lawyers?|attorneys?|seiz\w*|garnish\w*|credit (?:score|report|bureau)\w*|employers?|workplace|your family"
    r"|neighbou?rs?|publish\w*|public shaming|expose\w*|pay (?:now|immediately|at once)|immediately|urgent\w*|or else"
    r"|consequences|warning|final notice|debt collect\w*|collections? agenc\w*|penalt\w*|threat\w*)\b",
    re.IGNORECASE,
)

_CATEGORY = {
    Category.UNPAID: ("お支払いが確認できていないご注文", "an order whose payment has not been confirmed"),
    Category.COD_REFUSED: (
        "代金引換でお受け取りにならなかったご注文",
        "a cash-on-delivery parcel that was not received",
    ),
    Category.PRANK_ORDER: (
        "お名前やご住所が確かめられなかったご注文",
        "an order whose name or address could not be confirmed",
    ),
    Category.MALICIOUS_CLAIM: ("商品についてのお申出があったご注文", "an order with a claim about the goods"),
    Category.RESALE_ABUSE: (
        "初回限定などのご購入条件に関するご注文",
        "an order under an offer limited to first purchases",
    ),
    Category.OTHER: ("その他のご注文", "another order"),
}
_KIND = {
    RequestKind.ACCESS: ("登録の内容の写しの請求", "a copy of what is held"),
    RequestKind.CONTEST: ("登録の内容への異議", "the record is not right"),
    RequestKind.CORRECT: ("登録の内容の訂正", "a correction"),
    RequestKind.STOP: ("利用の停止", "no more use of the record"),
    RequestKind.ERASE: ("登録の消去", "erasure"),
    RequestKind.MISUSE: ("ほかの方がお名前を使ったこと", "somebody else used the name"),
}
WITHHELD = {
    Withheld.OTHERS: (
        "第三者の権利利益を守るため（個人情報保護法第33条第2項第1号）",
        "to protect the rights of another person (APPI art. 33(2)(i))",
    ),
    Withheld.OPERATIONS: (
        "業務の適正な実施に著しい支障を及ぼすおそれがあるため（同第2号）",
        "as it could seriously disturb the proper conduct of our work (APPI art. 33(2)(ii))",
    ),
    Withheld.LAW: ("他の法令に反することとなるため（同第3号）", "as another law forbids it (APPI art. 33(2)(iii))"),
}
DEADLINES: dict[str, tuple[str, str]] = {
    "request_due": ("お申出への返答", "a person waits for an answer"),
    "request_clear": ("明らかな場合の判断（14日）", "a clear case is decided within 14 days"),
    "request_forget": ("お申出の記録の消去", "what a person asked is forgotten"),
    "protection_end": ("名前の保護の終了", "the protection of a name ends"),
    "entry_notice": ("ご本人への通知（過ぎると消去）", "the person must be told, or the entry is erased"),
    "entry_serve": ("回答期間の終了（提供開始）", "the time to answer ends, and the entry is served"),
    "entry_count": ("追加の通報への回答期間の終了", "the time to answer to a further report ends, and it counts"),
    "entry_weigh": ("登録の効果の変更", "the entry says or causes something else"),
    "entry_confirm": ("通報元の再確認", "a reporter is to confirm a report"),
    "entry_expire": ("期間満了による消去", "the entry expires"),
    "entry_tell_reporter": ("異議の通報元への連絡（5営業日）", "the reporters must hear of the dispute"),
    "entry_decide": ("異議の判断（過ぎると消去）", "the dispute must be decided, or the entry is erased"),
    "entry_suspension": ("停止中の登録の判断（過ぎると消去）", "a suspended entry is decided on, or erased"),
    "entry_sleep": ("再確認のない登録の消去", "an entry that nobody confirmed is erased"),
    "entry_paid": ("支払済みの登録の消去", "an entry that was paid is erased"),
    "listed_day": ("登録時に判断済みの登録の期間満了・効果の変更", "entries that were loaded end, or cause less"),
    "report_ends": ("報告の終了", "a report ends that nobody went on with"),
}
"""What happens at each kind of deadline, for the office."""

NEEDS_OFFICE = frozenset(
    {
        "request_due",
        "request_clear",
        "entry_notice",
        "entry_tell_reporter",
        "entry_decide",
        "entry_suspension",
        "entry_sleep",
    }
)
"""Deadlines that ask the office to do something before them; what the others bring happens by itself."""
