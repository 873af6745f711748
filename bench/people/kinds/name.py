"""Kinds of names: scripts, order, decoration, wrong conversion, and attempts to hide."""

import random
import re
from dataclasses import replace

from people.kinds.kind import kind
from people.names import generation, given_name, homophones, surname
from people.person import Person
from people.romaji import hiragana, katakana, romaji, unvoiced
from people.words import pairs
from people.writing import Written

_HONORIFICS = ("様", "さん", "殿", " 様", "ちゃん", "さま", "氏")
_DECORATIONS = ("★", "☆", "♪", "♡", "*", "。", "@", "😊", "!", "～")
_COMPANIES = (
    "株式会社青空商会",
    "(株)みどり食品",
    "有限会社山の手工業",
    "合同会社ひなた",
    "㈱サンプル",
    "青葉クリニック",
    "カフェ木もれ日",
)
_SIMILAR = pairs("look_alikes", "name")


def _is_kanji(w: Written) -> bool:
    return any("一" <= c <= "鿿" for c in w.family) and not w.whole_name


@kind("katakana name", "name", "the name in katakana, in the fields for kanji", weight=2)
def _katakana(rng: random.Random, w: Written, who: Person) -> Written:
    if not _is_kanji(w) or w.given != who.given:
        return w
    return replace(w, family=who.family_kana, given=who.given_kana)


@kind("hiragana name", "name", "the name in hiragana", weight=1.5)
def _hiragana(rng: random.Random, w: Written, who: Person) -> Written:
    if not _is_kanji(w) or w.given != who.given:
        return w
    return replace(w, family=hiragana(who.family_kana), given=hiragana(who.given_kana))


def _latin(w: Written, who: Person, system: str, long: str, form: str) -> Written:
    if not who.is_japanese or not _is_kanji(w) or w.given != who.given:
        return w
    family, given = (romaji(kana, system, long).capitalize() for kana in (who.family_kana, who.given_kana))
    return replace(w, family=family, given=given, name_form=form, family_kana="", given_kana="")


@kind("romaji name", "name", "Hepburn, given name first: Kenichi Watanabe")
def _romaji(rng: random.Random, w: Written, who: Person) -> Written:
    return _latin(w, who, "hepburn", "dropped", "given first")


@kind("romaji name, family first", "name", "Hepburn in the two fields or family name first", weight=0.7)
def _romaji_family(rng: random.Random, w: Written, who: Person) -> Written:
    return _latin(w, who, "hepburn", "dropped", rng.choice(("split", "spaced")))


@kind("kunrei name", "name", "the other romanization: Tutiya Zyun'iti", weight=0.4)
def _kunrei(rng: random.Random, w: Written, who: Person) -> Written:
    return _latin(w, who, "kunrei", "kept", "spaced")


@kind("romaji with long vowels", "name", "ou and oh written out: Ohno Yuuko", weight=0.5)
def _long_romaji(rng: random.Random, w: Written, who: Person) -> Written:
    return _latin(w, who, "hepburn", rng.choice(("kept", "oh")), rng.choice(("spaced", "given first")))


@kind("romaji in capitals", "name", "as on a card or in a passport: KENICHI WATANABE, NAMBA for Nanba", weight=0.7)
def _capitals(rng: random.Random, w: Written, who: Person) -> Written:
    made = _latin(w, who, "hepburn", "dropped", rng.choice(("given first", "split")))
    as_in_passports = (re.sub("N(?=[BPM])", "M", name.upper()) for name in (made.family, made.given))
    family, given = as_in_passports if made is not w else (w.family.upper(), w.given.upper())
    return replace(made, family=family, given=given)


@kind("given name in kana", "name", "family name in kanji, given name in kana", weight=2)
def _given_kana(rng: random.Random, w: Written, who: Person) -> Written:
    if not who.is_japanese or w.given != who.given or not _is_kanji(w):
        return w
    return replace(w, given=rng.choice((hiragana, katakana))(who.given_kana))


@kind("family name in kana", "name", "given name in kanji, family name in kana", weight=0.5)
def _family_kana(rng: random.Random, w: Written, who: Person) -> Written:
    if not who.is_japanese or w.family != who.family or not _is_kanji(w):
        return w
    return replace(w, family=rng.choice((hiragana, katakana))(who.family_kana))


@kind("honorific", "name", "様, さん, 殿 behind the name", weight=1)
def _honorific(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, given=w.given + rng.choice(_HONORIFICS)) if not w.family.isascii() else w


@kind("decoration", "name", "stars, notes, hearts around or inside the name", "disguise", 0.5)
def _decoration(rng: random.Random, w: Written, who: Person) -> Written:
    mark = rng.choice(_DECORATIONS)
    return replace(w, family=w.family + mark) if rng.random() < 0.5 else replace(w, given=mark + w.given + mark)


@kind("company in front", "name", "a firm's name before the person's, in one field", weight=0.7)
def _company_front(rng: random.Random, w: Written, who: Person) -> Written:
    return (
        w
        if w.whole_name
        else replace(w, whole_name=f"{rng.choice(_COMPANIES)} {w.family}{rng.choice(('', ' '))}{w.given}")
    )


@kind("company field", "name", "a firm in the field for firms")
def _company(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, company=rng.choice(_COMPANIES))


@kind("fields swapped", "name", "family and given name in each other's fields", weight=1)
def _swapped(rng: random.Random, w: Written, who: Person) -> Written:
    if w.whole_name:
        return w
    return replace(
        w,
        family=w.given,
        given=w.family,
        family_kana=w.given_kana,
        given_kana=w.family_kana,
        name_form="split" if w.name_form == "solid" else w.name_form,
    )


@kind("family name misconverted", "name", "other kanji of the same sound: 渡部 for 渡辺, 伊東 for 伊藤", "slip", 1.5)
def _family_misconverted(rng: random.Random, w: Written, who: Person) -> Written:
    others = homophones(w.family, hiragana(who.family_kana)) if w.family == who.family else ()
    return replace(w, family=rng.choice(others)) if others else w


@kind("given name misconverted", "name", "other kanji of the same sound: 裕子 for 優子", "slip", 2)
def _given_misconverted(rng: random.Random, w: Written, who: Person) -> Written:
    others = homophones(w.given, hiragana(who.given_kana)) if w.given == who.given and who.is_japanese else ()
    return replace(w, given=rng.choice(others[:12])) if others else w


@kind("one kanji wrong", "name", "one character replaced by one that looks or sounds alike", "slip", 1)
def _one_kanji(rng: random.Random, w: Written, who: Person) -> Written:
    places = [(part, at) for part in ("family", "given") for at, c in enumerate(getattr(w, part)) if c in _SIMILAR]
    if not places or w.whole_name:
        return w
    part, at = rng.choice(places)
    text = getattr(w, part)
    return replace(w, **{part: text[:at] + _SIMILAR[text[at]] + text[at + 1 :]})


@kind("kana unvoiced", "name", "the reading without voicing: ヤマサキ for ヤマザキ", weight=1)
def _unvoiced(rng: random.Random, w: Written, who: Person) -> Written:
    if not w.family_kana:
        return w
    return replace(w, family_kana=katakana(unvoiced(hiragana(w.family_kana))))


@kind("long vowel dropped in kana", "name", "オノ for オオノ, ユコ for ユウコ, コーダ for コウダ", weight=1)
def _short(rng: random.Random, w: Written, who: Person) -> Written:
    def change(kana: str) -> str:
        for long, short in (("オオ", rng.choice(("オ", "オー"))), ("ウ", "ー")):
            if long in kana[1:] or (long == "オオ" and long in kana):
                return kana.replace(long, short, 1) if long == "オオ" else kana[0] + kana[1:].replace(long, short, 1)
        return kana

    if not w.family_kana or not w.given_kana:
        return w
    return replace(w, family_kana=change(w.family_kana), given_kana=change(w.given_kana))


@kind("large kana", "name", "small kana in full size, as old systems do: キヨウコ", weight=0.7)
def _large_kana(rng: random.Random, w: Written, who: Person) -> Written:
    large = str.maketrans("ャュョッァィゥェォ", "ヤユヨツアイウエオ")
    return replace(w, family_kana=w.family_kana.translate(large), given_kana=w.given_kana.translate(large))


@kind("kana without space", "name", "the reading in one word: ヤマダタロウ", weight=1)
def _joined_kana(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, family_kana=w.family_kana + w.given_kana, given_kana="") if w.given_kana else w


@kind("kanji in the kana field", "name", "the name once more where the reading belongs", "slip", 0.4)
def _kanji_kana(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, family_kana=w.family, given_kana=w.given) if w.family_kana else w


@kind("no kana", "name", "the field for the reading left empty", weight=2)
def _no_kana(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, family_kana="", given_kana="")


@kind("kana in hiragana", "name", "the reading in hiragana", weight=1.5)
def _kana_hiragana(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, family_kana=hiragana(w.family_kana), given_kana=hiragana(w.given_kana))


@kind("whole name in one field", "name", "the whole name in the field for the family name", weight=1)
def _whole_in_family(rng: random.Random, w: Written, who: Person) -> Written:
    if w.whole_name or not w.given:
        return w
    space = rng.choice(("", " ", "\u3000"))
    return replace(w, family=f"{w.family}{space}{w.given}", given="", name_form="split")


@kind("whole name twice", "name", "the whole name in each of the two fields", weight=0.3)
def _whole_twice(rng: random.Random, w: Written, who: Person) -> Written:
    if w.whole_name or not w.given or w.family.isascii():
        return w
    return replace(w, family=f"{w.family}{w.given}", given=f"{w.family}{w.given}", name_form="split")


@kind("reading in brackets", "name", "山崎太郎（ヤマザキタロウ）", weight=0.7)
def _brackets(rng: random.Random, w: Written, who: Person) -> Written:
    if w.whole_name or not _is_kanji(w):
        return w
    left, right = rng.choice(("（）", "()", "【】"))
    return replace(w, whole_name=f"{w.family}{w.given}{left}{who.family_kana}{who.given_kana}{right}")


@kind("middle dot", "name", "山田・太郎", weight=0.5)
def _middle_dot(rng: random.Random, w: Written, who: Person) -> Written:
    return w if w.whole_name or not w.given else replace(w, whole_name=f"{w.family}・{w.given}")


@kind("initial", "name", "the given name as an initial: 山田 T", "disguise", 0.4)
def _initial(rng: random.Random, w: Written, who: Person) -> Written:
    letter = romaji(who.given_kana)[:1].upper() or who.given_latin[:1]
    return replace(w, given=rng.choice((letter, f"{letter}.")), given_kana="") if letter else w


@kind("family name alone", "name", "no given name at all", weight=0.4, sort="disguise")
def _family_alone(rng: random.Random, w: Written, who: Person) -> Written:
    return replace(w, given="", given_kana="") if w.given != who.family else w


@kind("married", "name", "another family name, the same given name", "disguise", 0.3)
def _married(rng: random.Random, w: Written, who: Person) -> Written:
    if not who.is_japanese or w.family != who.family:
        return w
    new = surname(rng)
    return replace(w, family=new.kanji, family_kana=katakana(new.kana) if w.family_kana else "")


@kind("given name invented", "name", "the family name kept, another given name", "disguise", 0.5)
def _invented(rng: random.Random, w: Written, who: Person) -> Written:
    if not who.is_japanese or w.given != who.given:
        return w
    new = given_name(rng, generation(rng), who.female)
    return replace(w, given=new.kanji, given_kana=katakana(new.kana) if w.given_kana else "")


@kind("nickname", "name", "the given name shortened: けん for 健一, ゆみ for 由美子", "disguise", 0.3)
def _nickname(rng: random.Random, w: Written, who: Person) -> Written:
    kana = hiragana(who.given_kana)
    if not who.is_japanese or w.given != who.given or len(kana) < 3:
        return w
    short = kana[:2]
    return replace(w, given=rng.choice((short, katakana(short))), given_kana=katakana(short) if w.given_kana else "")
