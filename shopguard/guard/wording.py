"""What ShopGuard says: the reasons of a verdict, and the one line written onto an order.

Short, neutral, without names (contract section 5): staff may paste it into a mail, the buyer may ask to see it.
"""

from shopguard.config import Language
from shopguard.matching.words import FIELD_WORDS
from shopguard.model import Match, Reason, ScreeningState, Strength, Verdict

_REASONS = {
    "strong_match": (
        "独立した二つ以上の項目が登録と一致しました。",
        "Two or more independent details agree with an entry.",
    ),
    "possible_match": (
        "登録と一致する項目がありますが、同じ人とは限りません。",
        "One detail agrees with an entry; it may be another person.",
    ),
    "weak_match": (
        "氏名または住所だけが登録と似ています。これだけでは判断しません。",
        "Only a name or an address resembles an entry; that alone is never acted on.",
    ),
    "no_match": ("登録との一致はありません。", "No entry agrees."),
    "entry_may_only_flag": (
        "裏付けが一店舗だけの登録なので、出荷は止めず要確認とします。",
        "The entry is not corroborated enough to stop an order; it is only flagged.",
    ),
    "entry_never_acts": (
        "古い、または裏付けの弱い登録に似ています。表示するだけで、何もしません。",
        "An entry that is too old or too thin to act on resembles the order; it is only shown.",
    ),
    "confirm_by_phone": (
        "発送前に電話で確認してください。購入者に問題があるという意味ではありません。",
        "Please confirm by phone before shipping. This says nothing against the buyer.",
    ),
    "test_order": ("テスト注文です。", "This is a test order."),
    "draft": ("まだ確定していない注文です。", "The order is not placed yet."),
    "closed": ("取消・返金済みの注文です。", "The order is cancelled or refunded."),
    "payment_not_screened": (
        "この支払方法は店の設定で照会の対象外です。",
        "The shop does not screen this way of paying.",
    ),
    "no_party": ("照会できる購入者の情報がありません。", "The order names nobody to ask about."),
    "allow_listed": ("店の許可リストにある購入者です。", "The buyer is on the shop's allow-list."),
    "different_person": (
        "以前に別人と確認した登録は除きました。",
        "An entry was left out: an operator found that it is another person.",
    ),
    "released_before": (
        "この一致は担当者が確認し、解除済みです。",
        "An operator already looked at these matches and released the order.",
    ),
    "registry_silent": (
        "登録簿に照会できませんでした。自動で再照会します。",
        "The registry could not be asked; it will be asked again.",
    ),
    "silent_away": (
        "登録簿に接続できないか、応答がありません。",
        "The registry cannot be reached, or does not answer in time.",
    ),
    "silent_settings": (
        "登録簿のアドレスか鍵が合いません。`shopguard doctor` で確認してください。",
        "The registry's address or a key does not fit; see what `shopguard doctor` says.",
    ),
    "silent_clock": (
        "このコンピューターの時計が登録簿と5分以上ずれています。時計を合わせてください。",
        "This machine's clock differs from the registry's by more than five minutes; set it.",
    ),
    "silent_version": (
        "登録簿とShopGuardの版が合いません。更新してください。",
        "The registry and this ShopGuard are of versions that do not fit; update it.",
    ),
    "silent_suspended": (
        "この店の照会は登録簿の事務局が止めています。事務局に連絡してください。",
        "The registry's office lets this shop ask nothing at present; ask the office.",
    ),
    "silent_slow": (
        "照会がいつもより多いため、登録簿の回答が遅くなっています。",
        "The registry answers slowly for now, as the shop has asked unusually much.",
    ),
    "silent_budget": (
        "照会数の上限に達したため、登録簿は回答を止めています。事務局に連絡してください。",
        "The shop has asked more than it may: ask the registry's office, which can let it go on.",
    ),
    "silent_fault": (
        "ShopGuardの内部で照会に失敗しました。記録（ログ）に場所があります。",
        "Asking failed inside ShopGuard; its log says where.",
    ),
    "from_cache": (
        "登録簿に照会できないため、以前の回答の控えで判定しました。自動で再照会します。",
        "The registry could not be asked; judged by what it answered before, and it will be asked again.",
    ),
    "held_until_answered": (
        "回答があるまで出荷を保留します。",
        "Held until the registry answers.",
    ),
    "allowed_until_answered": (
        "回答がないため通過させます。",
        "Let go, because the registry did not answer.",
    ),
    "observing": ("観察モードのため、注文には何も書きません。", "Observe mode: nothing is written onto the order."),
    "already_shipped": (
        "すでに出荷済みのため、保留せず記録だけ残します。",
        "Already shipped: a note instead of a hold.",
    ),
    "listed_later": (
        "この注文を判定した後に登録されたか、登録内容が変わりました。",
        "The registry came to list this after the order was first judged.",
    ),
    "left_at_gate": (
        "店の設定で止まっている注文です。解除しません。",
        "The shop's own rule has stopped this order; it stays stopped.",
    ),
    "cannot_hold": ("このプラットフォームは保留に対応していません。", "This platform cannot hold an order."),
    "cannot_flag": (
        "このプラットフォームでは注文に書き込めません。この一覧だけに表示します。",
        "This platform shows no notes on orders: it stands in this list only.",
    ),
    "signal_unknown_address": (
        "この市区町村または町名は住所の一覧にありません。",
        "No table of addresses has this municipality or town.",
    ),
    "signal_postal_conflict": (
        "郵便番号・都道府県・市区町村が互いに合いません。",
        "Postal code, prefecture and municipality do not belong together.",
    ),
    "signal_forwarding_address": (
        "荷物の転送サービスの住所です。",
        "The address is that of a parcel forwarder.",
    ),
    "signal_throwaway_mail": (
        "短時間だけ使える種類のメールアドレスです。",
        "The mail address is of a kind that lives for a short time only.",
    ),
    "signal_dummy_phone": (
        "つながる電話番号がありません（0の連続など）。",
        "There is no phone number that can be called, only a placeholder.",
    ),
    "signal_many_names": (
        "この携帯番号は最近、複数の姓で使われています。",
        "This mobile number was lately given with several surnames.",
    ),
    "signal_own_list": (
        "店の確認リストにある購入者です。",
        "The buyer is on the shop's own list of people to check.",
    ),
    "signal_own_list_recipient": (
        "店の確認リストにある届け先です。",
        "A recipient is on the shop's own list of people to check.",
    ),
}

# What each cause of a silence (``Answer.cause``) is to the people of a shop; any other is an outage.
_SILENCES = {
    "silent_settings": ("not_secure", "not_the_registry", "forged", "not_found", "not_authenticated", "other_member"),
    "silent_clock": ("clock",),
    "silent_version": (
        "damaged",
        "refused",
        "profile",
        "unreadable",
        "too_many_tokens",
        "wrong_class",
        "too_large",
        "method",
        "asked_otherwise",
        "state",
        "rules",
    ),
    "silent_suspended": ("suspended", "forbidden"),
    "silent_slow": ("slow_down",),
    "silent_budget": ("budget_spent", "searches_spent", "reports_spent"),
    "silent_fault": ("fault",),
}

# The same in a word or two, for the line on an order.
_SIGNS = {
    "signal_unknown_address": ("住所が一覧にない", "address not found"),
    "signal_postal_conflict": ("郵便番号と住所の不一致", "postal code and address differ"),
    "signal_forwarding_address": ("転送先住所", "forwarding address"),
    "signal_throwaway_mail": ("一時的なメール", "short-lived mail address"),
    "signal_dummy_phone": ("電話番号なし", "no real phone number"),
    "signal_many_names": ("同じ携帯番号に複数の姓", "several surnames on one mobile number"),
    "signal_own_list": ("店の確認リスト", "the shop's own list"),
    "signal_own_list_recipient": ("届け先が店の確認リスト", "a recipient on the shop's own list"),
}


def reason(code: str, language: Language) -> Reason:
    """Return the reason ``code`` in the shop's language."""
    japanese, english = _REASONS[code]
    return Reason(code, japanese if language is Language.JA else english)


def why_silent(cause: str, language: Language) -> Reason:
    """Return the reason for a registry's silence of this ``cause``."""
    found = (code for code, causes in _SILENCES.items() if cause in causes)
    return reason(next(found, "silent_away"), language)


def in_language(said: Reason, language: Language) -> Reason:
    """Return a stored reason in the reader's language; one of an older version stays as it was written."""
    return reason(said.code, language) if said.code in _REASONS else said


def note_text(verdict: Verdict, language: Language) -> str:
    """Return the line for the order: which fields agree, how many reports, how recent; else what is odd.

    A name that was misused asks for a call and for nothing else.
    """
    is_reported = verdict.strength.rank >= Strength.POSSIBLE.rank
    asks_to_confirm = any(not match.is_report for match in verdict.matches)
    if is_reported:
        said = _reported(verdict.reported[0], language)
        return f"{said}{_THEN_CONFIRM[language]}" if asks_to_confirm else said
    if verdict.state is ScreeningState.UNSCREENED:
        return _check("登録簿に照会中" if language is Language.JA else "waiting for the registry", language)
    if asks_to_confirm:
        return _ONLY_CONFIRM[language]
    odd = [words for code, words in _SIGNS.items() if any(said.code == code for said in verdict.reasons)]
    if odd:
        japanese, english = zip(*odd, strict=True)
        return _check("・".join(japanese) if language is Language.JA else ", ".join(english), language)
    return _reported(verdict.reported[0], language)


_ONLY_CONFIRM = {
    Language.JA: "ShopGuard: 発送前に電話で確認してください",
    Language.EN: "ShopGuard: please confirm by phone before shipping",
}
_THEN_CONFIRM = {
    Language.JA: "。発送前に電話で確認してください",
    Language.EN: ". Please confirm by phone before shipping",
}


def _reported(match: Match, language: Language) -> str:
    fields, month = _agreeing(match, language), _month(match, language)
    if language is Language.JA:
        return _check(f"{fields} 一致、{match.reporters}件、直近{month}", language)
    reports = "1 report" if match.reporters == 1 else f"{match.reporters} reports"
    return _check(f"{fields} match; {reports}; latest {month}", language)


def _check(why: str, language: Language) -> str:
    return f"ShopGuard: 要確認（{why}）" if language is Language.JA else f"ShopGuard: please check ({why})"


def released_text(language: Language) -> str:
    """Return the line for an order that an operator released."""
    return "ShopGuard: 確認済み" if language is Language.JA else "ShopGuard: checked"


def cancelled_text(language: Language) -> str:
    """Return the line for an order that an operator cancelled."""
    return "ShopGuard: 店舗が確認のうえ取消" if language is Language.JA else "ShopGuard: cancelled by the shop"


def _agreeing(match: Match, language: Language) -> str:
    """Return the words for the fields that speak for one and the same person."""
    agreeing = {evidence.field for evidence in match.comparison.evidence if evidence.weight > 0}
    words = [word for field, word in FIELD_WORDS[language.value].items() if field in agreeing]
    return ("・" if language is Language.JA else ", ").join(words)


def _month(match: Match, language: Language) -> str:
    last = match.last_on
    return f"{last.year}年{last.month}月" if language is Language.JA else f"{last.year}-{last.month:02}"
