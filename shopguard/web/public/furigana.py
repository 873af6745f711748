"""Readings above the hard words of a Japanese page, for people who read with difficulty. Pure."""

import re

from markupsafe import Markup

_READINGS = {
    "個人情報保護委員会": "こじんじょうほうほごいいんかい",
    "消費者": "しょうひしゃ",
    "身分証明書": "みぶんしょうめいしょ",
    "照会番号": "しょうかいばんごう",
    "受付番号": "うけつけばんごう",
    "確認番号": "かくにんばんごう",
    "注文番号": "ちゅうもんばんごう",
    "暗証番号": "あんしょうばんごう",
    "代金引換": "だいきんひきかえ",
    "通信販売": "つうしんはんばい",
    "本人確認": "ほんにんかくにん",
    "銀行口座": "ぎんこうこうざ",
    "加盟店": "かめいてん",
    "事務局": "じむきょく",
    "勤務先": "きんむさき",
    "異議": "いぎ",
    "訂正": "ていせい",
    "消去": "しょうきょ",
    "停止": "ていし",
    "登録": "とうろく",
    "請求": "せいきゅう",
    "期限": "きげん",
    "無断": "むだん",
    "保護": "ほご",
    "共同": "きょうどう",
    "発送": "はっそう",
    "訪問": "ほうもん",
    "手数料": "てすうりょう",
    "無料": "むりょう",
    "金額": "きんがく",
}
_HARD = re.compile("|".join(sorted(_READINGS, key=len, reverse=True)))
_PARTS = re.compile(r"(<(?:textarea|option|title)\b.*?</(?:textarea|option|title)>|<[^>]*>)", re.DOTALL)
"""Marks, and what may hold no marks inside; typed text stands there, and in attributes."""


def furigana(html: str) -> Markup:
    """Return a piece of HTML with the reading of each hard word; browsers that know none show it in brackets."""
    parts = _PARTS.split(html)
    read = "".join(part if at % 2 else _HARD.sub(_read, part) for at, part in enumerate(parts))
    return Markup(read)  # noqa: S704  # HTML came in, and the marks are ours


def _read(word: re.Match[str]) -> str:
    reading = _READINGS[word.group()]
    return f"<ruby>{word.group()}<rp>（</rp><rt>{reading}</rt><rp>）</rp></ruby>"
