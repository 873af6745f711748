"""Kana to Latin letters in the two systems that people type, and the usual ways of writing long vowels."""

import re
import unicodedata

_HEPBURN = {
    "あ": "a", "い": "i", "う": "u", "え": "e", "お": "o", "か": "ka", "き": "ki", "く": "ku", "け": "ke", "こ": "ko",
    "さ": "sa", "し": "shi", "す": "su", "せ": "se", "そ": "so", "た": "ta", "ち": "chi", "つ": "tsu", "て": "te",
    "と": "to", "な": "na", "に": "ni", "ぬ": "nu", "ね": "ne", "の": "no", "は": "ha", "ひ": "hi", "ふ": "fu",
    "へ": "he", "ほ": "ho", "ま": "ma", "み": "mi", "む": "mu", "め": "me", "も": "mo", "や": "ya", "ゆ": "yu",
    "よ": "yo", "ら": "ra", "り": "ri", "る": "ru", "れ": "re", "ろ": "ro", "わ": "wa", "ゐ": "i", "ゑ": "e",
    "を": "o", "が": "ga", "ぎ": "gi", "ぐ": "gu", "げ": "ge", "ご": "go", "ざ": "za", "じ": "ji", "ず": "zu",
    "ぜ": "ze", "ぞ": "zo", "だ": "da", "ぢ": "ji", "づ": "zu", "で": "de", "ど": "do", "ば": "ba", "び": "bi",
    "ぶ": "bu", "べ": "be", "ぼ": "bo", "ぱ": "pa", "ぴ": "pi", "ぷ": "pu", "ぺ": "pe", "ぽ": "po", "ゔ": "vu",
    "ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o", "ゎ": "wa",
}  # fmt: skip
_KUNREI = {"し": "si", "ち": "ti", "つ": "tu", "ふ": "hu", "じ": "zi", "ぢ": "zi", "づ": "zu"}
_GLIDES = {"ゃ": "ya", "ゅ": "yu", "ょ": "yo"}
_SMALL_VOWELS = {"ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o"}
_VOICED = str.maketrans("がぎぐげござじずぜぞだぢづでどばびぶべぼ", "かきくけこさしすせそたちつてとはひふへほ")


def hiragana(text: str) -> str:
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in unicodedata.normalize("NFKC", text))


def katakana(text: str) -> str:
    return "".join(chr(ord(c) + 0x60) if "ぁ" <= c <= "ゖ" else c for c in unicodedata.normalize("NFKC", text))


def unvoiced(kana: str) -> str:
    """Return hiragana with the voicing of all but the first character taken away: やまざき to やまさき."""
    return kana[:1] + kana[1:].translate(_VOICED)


def romaji(kana: str, system: str = "hepburn", long: str = "dropped") -> str:
    """Return ``kana`` in lower-case Latin letters.

    Args:
        system: ``hepburn`` or ``kunrei``.
        long: how おう and おお are written: ``dropped`` (Ono), ``kept`` (Ouno), ``oh`` (Ohno).
    """
    kunrei = system == "kunrei"
    out: list[str] = []
    doubled = False
    for kana_char in hiragana(kana):
        if kana_char == "っ":
            doubled = True
            continue
        if kana_char == "ん":
            out.append("n")
            continue
        if kana_char == "ー":
            continue
        if kana_char in _GLIDES and out:
            sound = out.pop()
            out.append(_glided(sound, _GLIDES[kana_char], kunrei))
            continue
        if kana_char in _SMALL_VOWELS and out and out[-1].endswith(("u", "e", "i")) and len(out[-1]) > 1:
            out.append(out.pop()[:-1] + _SMALL_VOWELS[kana_char])
            continue
        sound = _KUNREI.get(kana_char) if kunrei else None
        sound = sound or _HEPBURN.get(kana_char, kana_char)
        if doubled:
            sound = ("t" if sound.startswith("ch") else sound[:1]) + sound
            doubled = False
        out.append(sound)
    text = "".join(out)
    return _long(text, long)


def _glided(sound: str, glide: str, kunrei: bool) -> str:
    stem = sound[:-1]
    if not kunrei and stem.endswith(("sh", "ch", "j")):
        return stem + glide[1:]
    return stem + glide


def _long(text: str, long: str) -> str:
    if long == "kept":
        return text
    # うえ and うち are words of their own: Inoue and Ouchi, never Inoe and Ochi
    text = re.sub("oou(?=chi)|ou(?=e)", "o'u", text)
    text = re.sub("ou|oo", "oh" if long == "oh" else "o", text)
    return text.replace("uu", "u").replace("'", "")
