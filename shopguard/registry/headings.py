"""What shops call the columns of their lists, Japanese and English, and which part of a report or person each is."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache


def field_of(title: str) -> str | None:
    """Return the part of a report that a column of this title holds, as a path of ``ReportContent``, or ``files``.

    None is a column that is nothing of a report, such as who keeps the list.
    """
    plain = _plain(title)
    return _by_title().get(plain) or _by_title().get(_NUMBER.sub("", plain))


@cache
def _by_title() -> Mapping[str, str]:
    found = {_plain(title): field for field, titles in _TITLES.items() for title in titles.split("|")}
    own = {_plain(field) if "." in field else field: field for field in _TITLES}
    return {**own, **found}


def _plain(title: str) -> str:
    """One width and case, without spaces, brackets' contents and marks: 「電話 番号（必須）」 is 電話番号."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    return re.sub(r"\(.*?\)|\[.*?\]|[\s*※:_#・./-]", "", folded)


_NUMBER = re.compile(r"\d{1,2}$")

_TITLES: Mapping[str, str] = {
    "order_id": "注文番号|受注番号|受注ID|注文ID|オーダー番号|order|order id|order no|order number|order_id",
    "order_number": "表示番号|display number|order_number",
    "category": "区分|理由|事由|分類|category|reason",
    "ordered_on": "注文日|受注日|購入日|注文日時|受注日時|order date|ordered on|ordered",
    "payment": "支払方法|決済方法|お支払い方法|支払い方法|payment|payment method|paid by",
    "items": "商品|商品名|品名|購入商品|items|item|goods|product",
    "amount": "金額|請求額|請求金額|未払額|未払い額|合計|合計金額|amount|total|owed",
    "currency": "通貨|currency",
    "shipped_on": "発送日|出荷日|配送日|shipped|ship date|shipped on",
    "carrier": "配送業者|運送会社|配送会社|運送業者|carrier|courier",
    "tracking": "伝票番号|送り状番号|追跡番号|お問い合わせ番号|問合せ番号|tracking|tracking number",
    "delivered_on": "配達日|配達完了日|納品日|到着日|受取日|delivered|delivery date|delivered on",
    "due_on": "支払期日|支払期限|支払い期限|支払い期日|期日|期限|due|due date|due on",
    "refused_on": "返送日|受取拒否日|受取辞退日|返品日|戻り日|returned|return date|refused on",
    "return_reason": "返送理由|返品理由|不在理由|戻り理由|受取拒否理由|return reason|carrier reason",
    "reminders": "督促|督促日|督促履歴|催促|催促日|reminder|reminders|reminder date",
    "warned_on": "登録予告日|予告日|警告日|warned|warning date|warned on",
    "replies": "返答|返信|購入者の返答|やりとり|やり取り|reply|replies|answer",
    "payments": "入金|入金履歴|一部入金|内入金|payments|part payments",
    "complained_on": "苦情日|苦情のあった日|complaint date|complained on",
    "disputed": "異議|係争|係争中|異議の有無|disputed|dispute",
    "age_doubt": "年齢の疑い|未成年|未成年の疑い|age doubt|minor",
    "mall": "店舗|モール|店舗名|販売店|shop|mall|store",
    "note": "備考|メモ|特記事項|note|notes|memo|comment",
    "answers.ground": "根拠|そう考える理由|ground|grounds",
    "answers.clear": "この注文との関係|注文との関係|明確な証拠|clear",
    "answers.fits": "区分に当たる理由|該当理由|fits",
    "answers.acted": "対応|対応内容|店の対応|acted|action|action taken",
    "files": "証拠|証拠ファイル|添付|添付ファイル|ファイル|files|evidence|attachments",
    "party.name": "氏名|名前|お名前|購入者|購入者名|顧客名|注文者|注文者名|name|full name|buyer|customer",
    "party.family": "姓|苗字|名字|family name|last name|surname",
    "party.given": "名|given name|first name",
    "party.kana": "フリガナ|ふりがな|カナ|氏名カナ|kana",
    "party.company": "会社名|会社|法人名|company",
    "party.country": "国|国コード|country",
    "party.postal_code": "〒|郵便番号|postal code|postcode|zip|zip code",
    "party.region": "都道府県|region|prefecture|state",
    "party.city": "市区町村|city",
    "party.lines": "住所|ご住所|番地|建物|建物名|address|address line|street",
    "party.phones": "電話|電話番号|TEL|携帯|携帯電話|携帯番号|phone|phone number|mobile|telephone",
    "party.emails": "メール|メールアドレス|Eメール|email|e-mail|mail",
}
