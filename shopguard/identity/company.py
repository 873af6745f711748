"""Companies in names: what belongs to a firm, shop or department, and what is left for the person."""

import re
from functools import cache

_FORM = (
    "株式会社|有限会社|合同会社|合資会社|合名会社|相互会社|(?:一般|公益)?(?:社団|財団)法人|社会福祉法人"
    "|医療法人(?:社団|財団)?|学校法人|宗教法人|(?:特定非営利活動|npo|独立行政|国立大学|管理組合|税理士|弁護士)法人"
    "|(?:司法書士|行政書士|監査|農事組合)法人|協同組合|労働組合"
    r"|\((?:株|有|同|資|名|医|社|財|学|福|宗|一社|一財|公社|公財|独)\)"
)
_LATIN_FORM = re.compile(
    r"(?<![a-z])(?:co(?:mpany)?\.?,? ?ltd|ltd|limited|inc|incorporated|llc|l\.l\.c|corp|corporation|gmbh|k\.k"
    r"|g\.k|pty|plc|s\.a|co\.)"
    r"(?![a-z])\.?"
)
_HINT = re.compile("会社|法人|組合|[(.a-z]|[^ ]{4}|[部課係室当](?: |$)")  # one of them is in every form and workplace
_FORM_ALONE = re.compile(_FORM)
_FORM_THEN_SPACE = re.compile(f"^({_FORM}) +(?=\\S)")
_SPACE_THEN_FORM = re.compile(f"(?<=\\S) +({_FORM})(?= |$)")

# Ends and beginnings of words that name a place of work. Surnames end in 部, 所, 寺, 園 and 店 too (渡部, 田所,
# 小野寺): only longer words are listed.
_ENDS = """
支店 本店 号店 商店 酒店 書店 売店 料理店 代理店 専門店 商会 商事 商社 本社 支社 会社 物産 興業 工業 産業 水産
建設 建築 建材 土木 塗装 造園 運輸 運送 印刷 電機 電気 電器 電工 設備 設計 不動産 食品 酒造 製菓 製薬 製作所
製造所 研究所 営業所 事務所 事業所 鉄工所 工務店 工場 工房 医院 病院 学院 美容院 整骨院 接骨院 鍼灸院 クリニック
歯科 内科 眼科 薬局 診療所 保育園 幼稚園 農園 学園 牧場 小学校 中学校 高等学校 高校 大学 専門学校 美容室 理容室
事務局 編集部 組合 協会 教会 神社 委員会 自治会 センター グループ オフィス サービス システム システムズ サロン
スタジオ ホテル 旅館 食堂 レストラン ショップ ストア ハウス コーポレーション カンパニー カフェ
"""
_BEGINNINGS = """
カフェ サロン クリニック レストラン ヘアサロン 居酒屋 焼肉 ラーメン 民宿 ペンション 美容室 スナック 喫茶
"""
_SHORTEST_WORKPLACE = 4  # characters
_DEPARTMENT = re.compile(
    r"\S*(?:営業|総務|経理|人事|開発|製造|業務|企画|広報|購買|販売|技術|管理|物流|資材|品質保証|情報システム|庶務|会計|法務"
    r"|生産|工務|施設|事業|外商|通販)(?:部|課|係|室|本部|担当)|第[一二三四五六七八九十\d]+(?:営業)?(?:部|課|係)"
)


def without_company(text: str) -> tuple[str, str]:
    """Return the folded ``text`` without company words, and the company words. Without a company that is empty."""
    if not _HINT.search(text):
        return text, ""
    if _FORM_ALONE.search(text):
        text = _SPACE_THEN_FORM.sub(r"\1", _FORM_THEN_SPACE.sub(r"\1", text))
        firm = [word for word in text.split() if _FORM_ALONE.search(word) or _is_workplace(word)]
    elif ("." in text or text.isascii()) and (form := _LATIN_FORM.search(text)) and form.start():
        return _without_latin_company(text, form)
    else:
        firm = [word for word in text.split() if _is_workplace(word)]
    if not firm:
        return text, ""
    return " ".join(word for word in text.split() if word not in firm), " ".join(map(_unwrapped, firm))


def _unwrapped(word: str) -> str:
    return word[1:-1] if word[0] == "(" and word[-1] == ")" else word


def _is_workplace(word: str) -> bool:
    if len(word) >= _SHORTEST_WORKPLACE and (word.endswith(_listed(_ENDS)) or word.startswith(_listed(_BEGINNINGS))):
        return True
    return word[-1] in "部課係室当" and _DEPARTMENT.fullmatch(word) is not None


@cache
def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


def _without_latin_company(text: str, form: re.Match[str]) -> tuple[str, str]:
    before, after = text[: form.start()], text[form.end() :]
    if any(char.isalpha() for char in after):
        return after, text[: form.end()]
    person, comma, company = before.rstrip(" ,.").rpartition(",")
    return (person, company + form[0]) if comma else ("", text)


def company_core(company: str) -> str:
    """Return the name of a company without its legal form: 株式会社サンプル, (株)サンプル and サンプル are one."""
    return _LATIN_FORM.sub(" ", _FORM_ALONE.sub(" ", company)).strip() or company
