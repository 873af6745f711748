"""What a shop is told of its report: one sentence for each fault, in Japanese and English, quoting nothing of it."""

import re
from dataclasses import dataclass
from enum import StrEnum


def both(ja: str, en: str) -> str:
    """Return one text for readers of either language."""
    return f"{ja} / {en}"


class FaultCode(StrEnum):
    """What is wrong with a report. Each has its sentence below."""

    # it cannot be read
    NOT_JSON = "not_json"
    UNKNOWN_FIELD = "unknown_field"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    CONTROL = "control"
    TOO_LONG = "too_long"
    TOO_MANY = "too_many"
    BAD_DAY = "bad_day"
    ERA = "era"
    SHORT_YEAR = "short_year"
    SERIAL_DAY = "serial_day"
    BAD_MONEY = "bad_money"
    NEGATIVE = "negative"
    FOREIGN = "foreign"
    FRACTION = "fraction"
    ROUNDED = "rounded"
    UNKNOWN_WORD = "unknown_word"
    BAD_CHARACTERS = "bad_characters"
    # it says what cannot be
    FUTURE = "future"
    OUT_OF_ORDER = "out_of_order"
    TOO_OLD = "too_old"
    # nobody may be reported for it
    FORBIDDEN = "forbidden"
    AGE = "age"
    OWN_PERSON = "own_person"
    MEMBER_PERSON = "member_person"
    SAME_ORDER = "same_order"
    SAME_ROW = "same_row"
    MALL = "mall"
    CREDIT_CHECK = "credit_check"
    CANNOT_PAY = "cannot_pay"
    REVIEW = "review"
    RETURN = "return"
    DISPUTED = "disputed"
    # not enough is shown
    UNANSWERED = "unanswered"
    NO_EVIDENCE = "no_evidence"
    BAD_FILE = "bad_file"
    NO_IDENTIFIER = "no_identifier"
    NO_CONTACT = "no_contact"
    NOT_SHIPPED = "not_shipped"
    NOT_DUE = "not_due"
    TOO_FEW_REMINDERS = "too_few_reminders"
    NO_PERSON = "no_person"
    NOT_WARNED = "not_warned"
    PAID = "paid"
    BELOW_FLOOR = "below_floor"
    NO_FLOOR = "no_floor"
    NO_DEBT = "no_debt"
    PROVIDERS_DEBT = "providers_debt"
    NOT_COD = "not_cod"
    CARRIERS_FAULT = "carriers_fault"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that keeps a report from being filed.

    Args:
        field: where, as a path of the report: ``due_on``, ``party.name``, ``reminders[0].on``; empty: all of it.
        text: what is wrong and what to do, in Japanese and English.
    """

    code: FaultCode
    field: str
    text: str

    def __str__(self) -> str:
        return f"{label(self.field)}: {self.text}" if self.field else self.text


def fault(code: FaultCode, field: str = "", **values: object) -> Fault:
    """Return the fault with its sentence; ``values`` are what the sentence names (numbers, words of ours)."""
    ja, en = _SENTENCES[code]
    return Fault(code, field, both(ja.format(**values), en.format(**values)))


def label(field: str) -> str:
    """Return what people call a field, with its path."""
    ja, en = names(field)
    return field if ja == en else f"{ja} {en} ({field})"


def names(field: str) -> tuple[str, str]:
    """Return what people call a field in Japanese and English; its path where they have no word for it."""
    return _LABELS.get(re.sub(r"\[\d+\]", "", field), (field, field))


_SENTENCES: dict[FaultCode, tuple[str, str]] = {
    FaultCode.NOT_JSON: (
        "報告を読み取れません。JSON（UTF-8）の一つのオブジェクトで送ってください。",
        "The report cannot be read: send one JSON object in UTF-8.",
    ),
    FaultCode.UNKNOWN_FIELD: (
        "この項目はありません。{hint_ja}",
        "There is no such field. {hint_en}",
    ),
    FaultCode.MISSING: ("記入がありません。必ず記入してください。", "This is missing: fill it in."),
    FaultCode.UNREADABLE: ("この項目に合わない形です。{ja}", "This is not of the right form: {en}"),
    FaultCode.CONTROL: (
        "目に見えない制御文字が含まれています。貼り付けた文字を消して、打ち直してください。",
        "It holds invisible control characters: delete the pasted text and type it.",
    ),
    FaultCode.TOO_LONG: (
        "長すぎます。{limit}文字以内にして、長い資料はファイルで付けてください。",
        "It is too long: at most {limit} characters; attach long documents as files.",
    ),
    FaultCode.TOO_MANY: ("多すぎます。{limit}件までです。", "There are too many: at most {limit}."),
    FaultCode.BAD_DAY: (
        "存在しない日付か、読み取れない日付です。2026-04-01、2026年4月1日、令和8年4月1日のように書いてください。",
        "There is no such day, or it cannot be read: write 2026-04-01, 2026年4月1日 or 令和8年4月1日.",
    ),
    FaultCode.ERA: (
        "その元号にその日はありません。西暦で書いてください。",
        "That era did not have this day: write the year as 2026.",
    ),
    FaultCode.SHORT_YEAR: (
        "年が2桁では西暦か元号か分かりません。2026-04-01か令和8年4月1日のように書いてください。",
        "A year of two digits may be of either calendar: write 2026-04-01 or 令和8年4月1日.",
    ),
    FaultCode.SERIAL_DAY: (
        "表計算ソフトの通し番号のようです。セルの書式を日付にしてから保存し直してください。",
        "This looks like a spreadsheet's day number: format the cells as dates and save the file again.",
    ),
    FaultCode.BAD_MONEY: (
        "金額を読み取れません。12800、12,800円のように数字で書いてください。",
        "This is no amount: write it in digits, such as 12800 or 12,800円.",
    ),
    FaultCode.NEGATIVE: (
        "金額が負です。返金や値引きを引いた後の、0以上の金額を書いてください。",
        "The amount is negative: write what was asked for after refunds, zero or more.",
    ),
    FaultCode.FOREIGN: (
        "円ではない金額のようです。円で請求した金額を書いてください。ほかの通貨のときは、通貨（currency）に "
        "USD のような3文字の記号を書きます。未払いの報告は円の請求だけです。",
        "This is not in yen: write what was asked for in yen. For another currency, name it (such as USD) in "
        "`currency`; unpaid amounts are taken in yen alone.",
    ),
    FaultCode.FRACTION: (
        "円に小数はありません。桁区切りは , を使ってください。",
        "Yen have no decimals: use a comma to group thousands.",
    ),
    FaultCode.ROUNDED: (
        "表計算ソフトが数字を丸めています（1.2E+10 など）。列の書式を文字列にして元の番号を入れ直してください。",
        "A spreadsheet has rounded this number (1.2E+10): format the column as text and enter it again.",
    ),
    FaultCode.UNKNOWN_WORD: (
        "この欄に書ける言葉ではありません。次のどれかを書いてください：{words}",
        "This field does not take that word; use one of: {words}",
    ),
    FaultCode.BAD_CHARACTERS: (
        "文字化けしています。ファイルをUTF-8かShift_JIS（CP932）で保存し直してください。",
        "Characters are damaged: save the file again as UTF-8 or Shift_JIS (CP932).",
    ),
    FaultCode.FUTURE: ("まだ来ていない日付です。", "This day has not come yet."),
    FaultCode.OUT_OF_ORDER: ("{ja}より前の日付です。", "This is before {en}."),
    FaultCode.TOO_OLD: (
        "古すぎます。この区分の登録は{last}までで終わります。",
        "It is too long ago: an entry of this category would have ended on {last}.",
    ),
    FaultCode.FORBIDDEN: (
        "{kind_ja}に触れています（{at}文字目付近）。人ではなく、あったこと（日付・金額・やり取り）だけを書いてください。",
        "It speaks of {kind_en} (near character {at}): write only what happened (days, amounts, what was said), "
        "not about the person.",
    ),
    FaultCode.AGE: (
        "18歳未満の人、または判断を支える人が要る人かもしれないため、報告できません。",
        "The buyer may be under 18 or unable to act alone: they cannot be reported.",
    ),
    FaultCode.OWN_PERSON: (
        "貴店の関係者です。自分の店の人は報告できません。",
        "This is a person of your own shop: nobody reports their own.",
    ),
    FaultCode.MEMBER_PERSON: (
        "他の加盟店の関係者のようです。利害の対立があるため、ここでは報告できません。事務局に相談してください。",
        "This seems to be a person of another member shop: because of the conflict of interest it cannot be "
        "reported here; ask the office.",
    ),
    FaultCode.SAME_ORDER: (
        "この注文は既に報告されています。新しい事実は、その報告に書き足してください。",
        "This order is reported already: add what is new to that report.",
    ),
    FaultCode.SAME_ROW: (
        "{at}行目と同じ注文です。1つの注文は1行にまとめてください。",
        "This is the order of row {at} again: put one order into one row.",
    ),
    FaultCode.MALL: (
        "モールの注文は、モールの規約で他の利用が禁じられていることがあるため、受け付けていません。",
        "Orders from a mall are not taken: its terms may forbid any other use of its data.",
    ),
    FaultCode.CREDIT_CHECK: (
        "後払い会社の審査結果（NG）は与信の判断で、問題行為の証拠ではありません。報告の理由にできません。",
        "A payment provider's refusal is a credit judgement, no proof of conduct: it is no ground for a report.",
    ),
    FaultCode.CANNOT_PAY: (
        "支払えない事情を説明した人は報告できません。分割や期日の相談をしてください。",
        "Somebody who explained why they cannot pay is not reported: agree on instalments or another day.",
    ),
    FaultCode.REVIEW: (
        "低い評価や苦情を書いたことは、報告の理由になりません。",
        "A bad review or a complaint is no ground for a report.",
    ),
    FaultCode.RETURN: (
        "返品の決まりの範囲内の返品は、報告の理由になりません。",
        "A return that the shop's own policy allows is no ground for a report.",
    ),
    FaultCode.DISPUTED: (
        "購入者が請求や注文そのものに異議を述べています。解決するまで報告できません。",
        "The buyer contests the claim, or the order itself: it cannot be reported until that is settled.",
    ),
    FaultCode.UNANSWERED: (
        "質問「{ja}」に答えてください。",
        "Answer the question: {en}",
    ),
    FaultCode.NO_EVIDENCE: (
        "質問「{ja}」の答えを示すファイルを付けてください。",
        "Attach a file that shows the answer to: {en}",
    ),
    FaultCode.BAD_FILE: ("このファイルは受け取れません。{ja}", "This file is not taken: {en}"),
    FaultCode.NO_IDENTIFIER: (
        "名前だけでは別人と区別できません。住所・電話・メールのどれかを書いてください。",
        "A name alone may be anybody's: give an address, a phone number or an e-mail address.",
    ),
    FaultCode.NO_CONTACT: (
        "いたずら注文では名前と住所が他人のものかもしれません。注文に使われた電話かメールを書いてください。",
        "In a prank order, name and address may be somebody else's: give the phone number or e-mail address used.",
    ),
    FaultCode.NOT_SHIPPED: (
        "商品を届けたことが示されていません。発送日と配達日を書いてください。",
        "Nothing shows that the goods were delivered: give the days they were shipped and delivered.",
    ),
    FaultCode.NOT_DUE: (
        "支払期日から{days}日たっていません。期日の{days}日後から報告できます。",
        "Fewer than {days} days have passed since payment was due: it can be reported after that.",
    ),
    FaultCode.TOO_FEW_REMINDERS: (
        "期日後の督促が足りません。別々の日に{count}回以上督促してください。",
        "Too few reminders after the due date: remind the buyer on {count} different days at least.",
    ),
    FaultCode.NO_PERSON: (
        "督促が自動送信だけです。少なくとも1回は、人が書くか確認した督促を送ってください。",
        "All reminders were automatic: at least one must be written or signed off by a person.",
    ),
    FaultCode.NOT_WARNED: (
        "登録されることがあると購入者に予告した日を書いてください。まだなら、先に予告してください。",
        "Say when the buyer was told that the case may be recorded; if they were not, tell them first.",
    ),
    FaultCode.PAID: ("全額が支払われています。", "All of it has been paid."),
    FaultCode.BELOW_FLOOR: (
        "未払いの残額が{floor}に届きません。",
        "What is left to pay is less than {floor}.",
    ),
    FaultCode.NO_FLOOR: (
        "この通貨の報告は受け付けていません。受け付ける通貨：{words}",
        "Amounts in this currency are not taken; those taken: {words}",
    ),
    FaultCode.NO_DEBT: (
        "前払いの注文が入金されず発送もされていないときは、代金の債務はありません。注文を取り消してください。",
        "A prepaid order that was neither paid nor shipped is no debt: cancel the order.",
    ),
    FaultCode.PROVIDERS_DEBT: (
        "代金の回収は決済会社が行います。自社の請求（自社後払い・掛売など）の未払いだけを報告できます。",
        "The payment provider collects this: only what is owed to the shop itself can be reported as unpaid.",
    ),
    FaultCode.NOT_COD: (
        "代引きの受取拒否は、支払方法が代金引換の注文だけ報告できます。",
        "Only an order paid by cash on delivery can be reported as refused.",
    ),
    FaultCode.CARRIERS_FAULT: (
        "破損・誤配・遅延で戻った荷物は、購入者の受取拒否ではありません。",
        "A parcel that came back damaged, late or misdirected was not refused by the buyer.",
    ),
}

QUESTIONS: dict[str, tuple[str, str]] = {
    "ground": ("そう考える理由は何ですか", "What gives reasonable ground to believe it?"),
    "clear": ("この注文のことだとはっきり示すものは何ですか", "What shows clearly that it is about this order?"),
    "fits": ("なぜこの区分に当たりますか", "Why is it of this category?"),
    "acted": ("店は何をしましたか", "What did the shop itself do?"),
}
"""The four questions of a report, by the names of their answers."""

_LABELS: dict[str, tuple[str, str]] = {
    "order_id": ("注文番号", "order id"),
    "order_number": ("表示用の注文番号", "order number"),
    "category": ("区分", "category"),
    "ordered_on": ("注文日", "order date"),
    "payment": ("支払方法", "payment"),
    "items": ("商品", "items"),
    "amount": ("金額", "amount"),
    "currency": ("通貨", "currency"),
    "shipped_on": ("発送日", "ship date"),
    "carrier": ("配送業者", "carrier"),
    "tracking": ("伝票番号", "tracking number"),
    "delivered_on": ("配達日", "delivery date"),
    "due_on": ("支払期日", "due date"),
    "refused_on": ("返送日", "return date"),
    "return_reason": ("返送理由", "return reason"),
    "reminders": ("督促", "reminders"),
    "reminders.on": ("督促日", "reminder date"),
    "reminders.channel": ("督促の方法", "reminder channel"),
    "reminders.by_person": ("人による督促", "reminder by a person"),
    "warned_on": ("登録予告日", "warning date"),
    "replies": ("購入者の返答", "replies"),
    "payments": ("入金", "payments"),
    "payments.on": ("入金日", "payment date"),
    "payments.amount": ("入金額", "amount paid"),
    "complained_on": ("苦情のあった日", "complaint date"),
    "disputed": ("異議の有無", "disputed"),
    "age_doubt": ("年齢の疑い", "doubt of age"),
    "mall": ("モール", "mall"),
    "answers": ("四つの質問", "four questions"),
    "answers.ground": ("理由", "ground"),
    "answers.clear": ("この注文との関係", "clear evidence"),
    "answers.fits": ("区分に当たる理由", "fits"),
    "answers.acted": ("対応", "what the shop did"),
    "answers.evidence": ("証拠ファイル", "evidence"),
    "files": ("証拠ファイル", "evidence file"),
    "note": ("備考", "note"),
    "party": ("購入者", "buyer"),
    "party.name": ("氏名", "name"),
    "party.family": ("姓", "family name"),
    "party.given": ("名", "given name"),
    "party.kana": ("フリガナ", "kana"),
    "party.company": ("会社名", "company"),
    "party.country": ("国", "country"),
    "party.postal_code": ("郵便番号", "postal code"),
    "party.region": ("都道府県", "region"),
    "party.city": ("市区町村", "city"),
    "party.lines": ("住所", "address"),
    "party.phones": ("電話", "phone"),
    "party.emails": ("メール", "e-mail"),
}
