"""Words that no report may hold: what a person is, believes or suffers from, crimes, and names to call people.

A report states what happened with an order. Who the buyer is beside that is no business of the registry, and some of
it may not be kept at all. Goods, places and carriers whose names hold such a word pass: 中国地方, システム障害,
Western Union.

Source: APPI art. 2(3) and its order art. 2 for what needs special care (read 2026-11).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from shopguard.registry.reports.phrases import Phrases, Text


class Kind(StrEnum):
    """What a forbidden word tells of a person."""

    NATIONALITY = "nationality"
    ILLNESS = "illness"
    DISABILITY = "disability"
    CRIME = "crime"
    RELIGION = "religion"
    UNION = "union"
    STATUS = "status"
    INSULT = "insult"
    LABEL = "label"

    @property
    def names(self) -> tuple[str, str]:
        """What it is called in Japanese and English."""
        return _NAMES[self]


@dataclass(frozen=True, slots=True)
class Finding:
    """Forbidden content near character ``at`` (counted from 1). The word itself stays where it was."""

    kind: Kind
    at: int


def forbidden(text: str) -> Sequence[Finding]:
    """Return what must be taken out of ``text`` before it may be filed: the first of each kind, in order of place."""
    read = Text(text)
    found = {kind: phrases.first_in(read) for kind, phrases in _PHRASES.items()}
    findings = [Finding(kind, at + 1) for kind, at in found.items() if at is not None]
    return sorted(findings, key=lambda finding: finding.at)


_NAMES: dict[Kind, tuple[str, str]] = {
    Kind.NATIONALITY: ("国籍・人種", "nationality or origin"),
    Kind.ILLNESS: ("病気・健康", "illness or health"),
    Kind.DISABILITY: ("障害", "a disability"),
    Kind.CRIME: ("犯罪・逮捕・前科", "crime, arrest or a record"),
    Kind.RELIGION: ("宗教・信条", "religion or belief"),
    Kind.UNION: ("労働組合", "a trade union"),
    Kind.STATUS: ("社会的身分・暮らし向き", "social status or means"),
    Kind.INSULT: ("侮辱", "an insult"),
    Kind.LABEL: ("人への決めつけ", "a label put on the person"),
}

_SHARED = {
    "country": "中国|台湾|韓国|朝鮮|日本|ベトナム|フィリピン|ネパール|ブラジル|ペルー|インド|タイ|アメリカ|米国"
    "|ロシア|イラン|トルコ|クルド|パキスタン|スリランカ|ミャンマー|インドネシア|バングラデシュ|ナイジェリア|アフリカ"
    "|アラブ|モンゴル",
    "people": "chinese|koreans?|taiwanese|japanese|vietnamese|filipin[oa]s?|nepal(?:ese|i)|brazilians?|peruvians?"
    "|indians?|thai|americans?|russians?|iranians?|turk(?:s|ish)?|kurds?|kurdish|pakistanis?|nigerians?|africans?"
    "|arabs?|asians?|black|white",
    "person": "m[ae]n|wom[ae]n|guys?|girls?|lad(?:y|ies)|persons?|people|buyers?|customers?|nationals?|immigrants?"
    "|couples?|famil(?:y|ies)|students?",
    "who": "he|she|they|buyer|customer|person|man|woman|client|caller",
    "is": "is|are|was|were|looks|seems|sounds|must be|might be|may be|is probably|appears to be|claims to be",
    "abuse_ja": "客|野郎|ガキ|ババア|ばばあ|ジジイ|じじい|女|男|人間|みたいな[客人奴]|のような[客人奴]",
}

_PHRASES: dict[Kind, Phrases] = {
    Kind.NATIONALITY: Phrases(
        r"""
        <country>(?:系の?)?人(?![気形参工数造材員])
        <country>(?:籍|国籍|系住民)
        外国人|外国籍|国籍|人種|帰化|不法(?:滞在|入国)|(?<!向)移民|(?<!物)難民|混血
        (?<![海案意以国内郊市村管論予号法])外人(?![気形数材物])
        (?<![不存所])在日(?:韓国|朝鮮|中国|外国|コリアン|台|の人|で|だ|らし|と思|かも|認定)
        黒人(?!霊歌)|白人
        <people> <person>
        <who> <is> (?:an? |not (?:an? )?)?<people>(?! listed| friday| label)
        (?:is|of|her|his|their) nationality|foreigners?|foreign nationals?|gaijin|immigrants?|illegal aliens?
        ethnic(?:ity)?|racial(?:ly)?|(?:his|her|their) race
        """,
        **_SHARED,
    ),
    Kind.ILLNESS: Phrases(
        r"""
        病気(?!見舞)|病歴|持病|難病|精神(?:病|科|疾患|的におかし)|うつ病|鬱病|躁うつ|統合失調|認知症|痴呆|ボケ老人
        パニック障害|適応障害|ノイローゼ|依存症|アル中|薬物中毒|ヤク中|癌|がん患者|末期がん|エイズ
        入院(?!セット|用|準備|グッズ|バッグ|着|見舞)|通院|感染症(?!対策|予防)|コロナに(?:感染|かか|罹)
        糖尿病(?!食|対応)|妊娠中(?!の方向け)|妊婦(?!用|服|帯|向け)
        mental(?:ly)? ill(?:ness)?|mental health|dementia|alzheimer\w*|schizophreni\w+|bipolar|psychiatr\w+|psychotic
        (?:suffers? from|has|had|with|have) (?:cancer|depression|hiv|aids|epilepsy|diabetes|a disease|an illness)
        hospitali[sz]ed|hiv[- ]positive|drug addict\w*|junkies?|medical condition|(?:his|her|their) illness
        (?:<is>|said (?:he|she) was) (?:very |seriously )?(?:ill|sick|depressed|pregnant)
        (?:is|was) an? alcoholic(?! drink| beverage)
        """,
        **_SHARED,
    ),
    Kind.DISABILITY: Phrases(
        r"""
        障害者|障がい|障碍|(?:身体|知的|精神|発達|聴覚|視覚|学習|人格|言語|内部)障害
        障害(?:手帳|年金|等級|がある人|を持)|自閉症|聾唖|盲人|車(?:椅子|いす)(?:利用者|の[人方客])
        池沼|知恵遅れ|めくら(?!まし|板)|つんぼ|びっこ|かたわ(?![られ])|アスペ(?!クト)|ガイジ
        (?:mentally|physically) (?:disabled|handicapped|challenged|retarded)|disabilit(?:y|ies)|handicapped
        <who> <is> (?:disabled|deaf|blind|autistic)|disabled <person>
        retard(?:ed|s)?|autistic|autism|wheelchair (?:users?|bound)|spastic|cripple[ds]?
        """,
        **_SHARED,
    ),
    Kind.CRIME: Phrases(
        r"""
        犯罪(?!防止|対策|予防|被害者支援)|(?<!防)犯人|犯行|前科|前歴|逮捕|起訴|有罪|服役|刑務所|(?<!局)留置(?!き|期)
        容疑|被疑者|送検|告訴|刑事告発|少年院|執行猶予|指名手配|確信犯|常習犯
        詐欺(?!対策|防止|予防|注意)|窃盗|万引|泥棒|横領|恐喝|脅迫|強盗|盗[っ]?人|暴力団|反社会?勢力
        反社(?![内外])|ヤクザ|やくざ|チンピラ|半グレ
        criminals?|crimes?(?! novel| fiction| drama| scene| series)|arrest(?:ed)?|convict(?:ed|s)?|prosecut\w+
        (?<!anti-)fraud(?:ulent|ulently)?(?! prevention| check| screening| protection| filter| score| alert)
        thie(?:f|ves)|theft|felons?|felony|jailed|(?:in|to|from) (?:jail|prison)|police record|indict(?:ed|ment)
        ex-con(?:s|vict)?|gangsters?|yakuza|mafia|blackmail\w*|extort\w*
        """
    ),
    Kind.RELIGION: Phrases(
        r"""
        宗教(?!法人|用具|用品|画)|信者|創価|統一教会|エホバ|イスラム教|ムスリム|キリスト教|仏教徒|ユダヤ|入信|布教
        クリスチャン(?!ディ|・?ルブ)|ヒンド[ゥウ]ー教|カルト(?![ンゥ]|映画)
        muslims?|islam(?:ic)?(?! art| prints?| patterns?)|jews?|jewish|buddhists?|hindus?|scientolog\w+
        jehovah\w*|mormons?|atheists?|religion|religious(?! books?| goods| items?| articles?| art)|cult members?
        (?:is|was|are|were|devout) (?:an? )?(?:christian|catholic)s?(?! dior| louboutin| lacroix)
        """
    ),
    Kind.UNION: Phrases(
        r"""
        労働組合|労組|組合活動|労働運動|(?<![同理協業共宅康済])組合員(?!価格|割引|番号|証)|ユニオンの?(?:活動|組合|員)
        (?:trade|labou?r) unions?|union (?:members?|activists?|organi[sz]ers?|rep|leaders?)|unioni[sz]ed
        shop stewards?
        """
    ),
    Kind.STATUS: Phrases(
        r"""
        部落(?![会長とちっ])|同和(?!火災|鉱業|損[害保]|商事)|穢多|えたひにん|(?<!是)非人(?![道間称格情])|被差別|士農工商
        生活保護|ホームレス|浮浪者|底辺|貧乏(?!ゆすり|神)|貧困|低所得|無職|ニート(?![ァ-ヶー])|母子家庭|片親|水商売
        風俗(?:嬢|店|の女)|ホステス|キャバ嬢|愛人|中卒|低学歴|身分が低|育ちが悪|日雇い
        burakumin|low(?:er)?[- ]class|on (?:welfare|benefits|the dole)|welfare (?:recipients?|mother|cases?)|homeless
        unemployed|jobless|poor (?:people|person|family|man|woman)|trailer trash|caste|prostitutes?|single mother
        uneducated|slums?
        """
    ),
    Kind.INSULT: Phrases(
        r"""
        (?<![ァ-ヶー])バカ(?![ランロルリッ高安]|に(?:なら|でき)|売れ)|馬鹿(?!に(?:なら|でき))
        ばか(?:野郎|者|な?[客人奴])
        (?<![さまじゃ])(?:アホ|あほ)(?![ウ]|ら(?!し)|う鳥)|間抜け|まぬけ|キチガイ|きちがい|基地外|気違い|頭[がの]?おかし
        (?<![ァ-ヶー])クズ(?![餅粉湯ー切]|きり|かご|入れ)|屑野郎|ゴミ(?:<abuse_ja>|クズ)|狂人
        (?<![ァ-ヶー])クソ(?![ーフンッリ])|糞<abuse_ja>|くそ<abuse_ja>|死ね(?![なば])|殺すぞ|畜生(?!道)
        ババア|ジジイ|(?<![ァ-ヶー])(?:デブ|ブス)(?![ァ-ヶー])|ハゲ(?:おやじ|オヤジ|野郎|頭|た?男)
        最低[なの](?:人間|[客奴女男])|嘘つき|うそつき|ウソつき|恥知らず|卑怯者|非常識な[客人奴]|乞食|こじき
        モラルのない[客人奴]|厚かまし|いやしい|性悪
        idiots?|morons?|stupid|dumb(?:ass)?(?! bells?)|bastards?|bitch\w*|ass ?holes?|scum|fuck\w*|shit\w*
        liars?|jerks?
        (?:crazy|insane|mad|nasty|disgusting|horrible|pathetic) (?:old )?<person>|<who> <is> (?:crazy|insane|nuts|mad)
        lunatics?|psycho(?:path)?s?|whores?|parasites?|cheapskates?|leech(?:es)?
        """,
        **_SHARED,
    ),
    Kind.LABEL: Phrases(
        r"""
        ブラック(?:リスト|ユーザー|な?客|な(?:人|購入者))|クレーマー|モンスター(?:カスタマー|な?客)|詐欺師|転売ヤー
        踏み倒し(?:屋|常習|犯)|要注意人物|危険人物|常習者|悪質な(?:人間|人物|奴)|迷惑客|問題児
        black-?list\w*|fraudsters?|scam(?:s|mers?|med|ming)?|crooks?|con[- ]?(?:artists?|m[ae]n|wom[ae]n)|deadbeats?
        swindl\w+|cheat(?:er|ers)|serial (?:refuser|complainer|offender)s?|trouble ?makers?
        """
    ),
}
