"""What a shop's own words let suppose: that the buyer is a minor, told why they cannot pay, or did nothing wrong."""

import re
from collections.abc import Iterable
from datetime import date

from shopguard.registry.reports.phrases import Phrases, Text

ADULT_AGE = 18
"""Source: Civil Code of Japan art. 4, since 1 April 2022 (read 2026-11)."""


def weak_person(texts: Iterable[str], on: date) -> bool:
    """Whether the texts say that the buyer is, on that day, under 18 or cannot act alone."""
    return any(_WEAK.first_in(text) is not None or _is_young(text.joined, on) for text in map(Text, texts))


def perhaps_young(texts: Iterable[str]) -> bool:
    """Whether the texts leave a doubt that a person should look into: a parent on the phone, a student."""
    return _said(_PERHAPS_YOUNG, texts)


def explained_inability(texts: Iterable[str]) -> bool:
    """Whether the texts say that the buyer told why they cannot pay."""
    return _said(_CANNOT_PAY, texts)


def contested(texts: Iterable[str]) -> bool:
    """Whether the texts say that the buyer denies the order, or quarrels about a subscription they cancelled."""
    return _said(_CONTESTED, texts)


def credit_check(texts: Iterable[str]) -> bool:
    """Whether the texts reason from a payment provider's refusal, which is a credit judgement."""
    return _said(_CREDIT_CHECK, texts)


def bad_review(texts: Iterable[str]) -> bool:
    """Whether the texts reason from a review or complaint, and from no demand made with it."""
    texts = tuple(texts)
    return _said(_REVIEW, texts) and not _said(_DEMAND, texts)


def allowed_return(texts: Iterable[str]) -> bool:
    """Whether the texts say that the goods came back as the shop's own policy, or the law, allows."""
    return _said(_ALLOWED_RETURN, texts)


def carriers_fault(reason: str) -> bool:
    """Whether a carrier's reason for a return is not the buyer's doing."""
    return _said(_CARRIERS_FAULT, (reason,))


def _said(phrases: Phrases, texts: Iterable[str]) -> bool:
    return any(phrases.first_in(Text(text)) is not None for text in texts)


def _is_young(text: str, on: date) -> bool:
    """Whether an age below 18, or a year of birth that makes it possible, is told; ``text`` has no spaces."""
    ages = [int(found[1]) for found in _AGE.finditer(text)]
    years = [int(found[1] or found[2]) for found in _BORN.finditer(text)]
    years += [_ERA_BEFORE[found[1]] + int(found[2]) for found in _BORN_IN_ERA.finditer(text)]
    return any(age < ADULT_AGE for age in ages) or any(0 <= on.year - year <= ADULT_AGE for year in years)


_AGE = re.compile(r"(?<![\d.])(\d{1,2})(?:[歳才](?!以上|用|向け|から|児|未満)|-?years?-?old|yo(?![a-z]))")
_AFTER_YEAR = r"(?:年|[/.-])?(?:\d{1,2}(?:月|[/.-])(?:\d{1,2}日?)?)?(?:生まれ|うまれ|生(?=$|[、。)]))"
_BORN = re.compile(rf"(?<!\d)(20\d\d){_AFTER_YEAR}|born(?:in|on)(20\d\d)")
_BORN_IN_ERA = re.compile(rf"(平成|令和|(?<![a-z])[hr])(\d{{1,2}}){_AFTER_YEAR}")
_ERA_BEFORE = {"平成": 1988, "h": 1988, "令和": 2018, "r": 2018}

_WEAK = Phrases(
    r"""
    未成年(?!者?(?:では|でな|お断り))|[小中高](?:校|学)生(?!用|向け)|親権者|法定代理人|成年後見|後見人|保佐人
    (?:息子|娘|子ども|子供|こども|孫)が(?:勝手に|無断で|親に内緒で|注文)|親に(?:無断|内緒|黙って)
    認知症|痴呆|判断能力が(?:な|低|不十分)|被災(?:し|者|地の?方)|避難所
    (?:is|was|as) (?:a )?minors?(?! \w+ment| defects?| damage| issues?| problems?)|under-?age|under 18
    school ?(?:boy|girl|child)|high school student|dementia|legal guardian
    (?:his|her|their|my) (?:son|daughter|child|kid) (?:ordered|placed|bought)
    without (?:his|her|their) parents?|evacuee|evacuation (?:shelter|centre|center)
    """
)
_PERHAPS_YOUNG = Phrases(
    r"""
    学生(?!服|用|向け|鞄|カバン)|保護者|親御さん|[母父]親[かが]|両親|幼い声|子供の声
    students?|parents?|teen(?:ager)?s?|very young
    """
)
_CANNOT_PAY = Phrases(
    r"""
    [払]え(?:ない|ません|なく)(?:事情|理由|と(?:説明|連絡|相談)|との(?:説明|連絡|相談))|生活が(?:苦し|困窮|厳し)
    失業|倒産し|破産|民事再生|債務整理|被災し|給料が(?:出|入ら)|収入が(?:な|減|途絶)
    分割(?:払い?)?[をでに](?:希望|お願い|相談|してほし|したい)|支払い?を(?:待ってほし|待ってくださ|猶予)
    (?:cannot|can't|could not|couldn't|unable to) (?:pay|afford)\b.{0,60}\b(?:because|since|explain\w*|lost|due to)
    lost (?:his|her|their|my) job|bankrupt(?:cy)?|financial hardship|(?:asked for|needs?) more time to pay
    asked (?:to pay in|for) instal?lments
    """
)
_CONTESTED = Phrases(
    r"""
    身に覚えが(?:な|無)|(?:注文|購入)した(?:覚え|記憶)[はが]?(?:な|無)|(?:注文|購入)していない(?:と|との)|なりすまし
    勝手に名前を使われ|(?:定期|サブスク)[^。]{0,20}(?:解約|キャンセル)(?:した|済み|し)[^。]{0,12}(?:主張|言|争|連絡|はず)
    請求に(?:異議|納得)
    (?:never|did not|didn't|has not|hasn't) (?:order|place|bought|buy)\w*(?! again)
    (?:subscription|auto[- ]renewal).{0,40}(?:cancelled|canceled).{0,40}(?:says|said|claims|insists)
    (?:says|said|claims|insists)\b.{0,60}(?:cancelled|canceled).{0,20}subscription
    disputes? the (?:bill|charge|claim|order)|used (?:his|her|their) name|impersonat\w+
    """
)
_CREDIT_CHECK = Phrases(
    r"""
    (?:後払い|与信|審査|ペイディ)[^。、]{0,16}(?:ng(?![a-z])|否決|落ち|通ら|不可|断られ|却下|否認)
    (?:credit|provider|payment company|paidy|atone)\b[^.]{0,40}\b(?:refus\w+|declin\w+|reject\w*|denied|ng|failed)
    """
)
_REVIEW = Phrases(
    r"""
    (?:低評価|悪い評価|星[1一]|★1|悪い口コミ|批判的な|否定的な)[^。]{0,10}(?:レビュー|口コミ|評価|投稿|書|つけ|付け)
    (?:レビュー|口コミ)[^。]{0,12}(?:悪|低|酷評|書かれ|星[1一]|★1)
    苦情[をの](?:言|メール|電話|書)[^。]{0,10}(?:だけ|ため|から|ので|理由)
    (?:bad|negative|one[- ]star|1[- ]star|poor|critical) (?:reviews?|ratings?|feedback)|reviewed us badly
    complained (?:a lot|too much|publicly)
    """
)
_DEMAND = Phrases(
    r"""
    要求|引き?換えに|(?:返金|値引|割引|代金)[^。]{0,12}(?:しなければ|しないと|すれば|なら)
    demand\w*|unless|in exchange|in return for|threat\w*|if we (?:did|do) not
    """
)
_ALLOWED_RETURN = Phrases(
    r"""
    (?:返品|返却|キャンセル|解約)[^。]{0,10}(?:期間|規約|規定|条件|ポリシー|範囲)内(?!では|でな)
    (?:期間|規約|規定|条件|範囲)内[にのでな](?:返品|返却|キャンセル|解約)(?!され[ずな]|が?なく|でき[ずな])
    クーリング・?オフ(?!の?(?:対象外|適用外|できな))
    (?<!not )within (?:the|our|its) (?:return|refund|cancellation|cooling[- ]off) (?:policy|period|window|terms)
    (?<!no )cooling[- ]off (?:right|period|return|cancellation)
    """
)
_CARRIERS_FAULT = Phrases(
    r"""
    破損|汚損|水濡れ|誤配|誤送|誤出荷|配送の?(?:遅延|遅れ|事故)|遅延|紛失|荷物事故
    damaged?|mis(?:routed|directed|delivered)|late delivery|delayed|lost in transit|wrong item
    """
)
