"""Addresses that many people share: forwarders, hotels, counters, lockers, depots, dormitories, rented desks."""

import re

from shopguard.identity.location import Remark

# Parcel forwarders and buying agents, by the words they ask their customers to write (public sites, read 2026-11).
_FORWARDER = re.compile(
    "転送(?:コム|サービス|センター|代行|倉庫)|転[運运]|轉運|转运|集運|集运|代[購购]|代理購入"
    "|(?:購入|発送|輸出|買い?物)代行|(?:国際|海外)[転発]送"
    "|tenso|buyee|バイイー|zen ?market|ゼンマーケット|from ?japan|フロムジャパン|neokyo|remambo|sendico|doorzo"
    "|blackship|dankedanke|japan ?rabbit|white ?rabbit ?express|samurai ?buyer|buysmartjapan|jauce|letao|forward2me"
    "|forwarding|楽淘|乐淘|超級豪買"
)
_LODGING = (
    "ホテル(?!ライク)|(?<![a-z])(?:hotel|hostel|guest ?house|share ?house)"
    "|旅館|旅[籠篭]|民宿|民泊|ゲストハウス|ホステル"
    "|ペンション|カプセルイン|(?:東横|ルート|ドーミー|コンフォート|スーパー|グリーンリッチ|くれたけ|ベッセル)イン(?![ァ-ヺー])"
    "|ウ[ィイ]ークリー|マンスリー|シェアハウス"
)
_HOMES = (
    "寮|学生会館|ドミトリー|(?<![a-z])dormitory|合宿所"
    "|老人ホーム|特養|老健|グループホーム|ケアハウス|病院|医療センター"
)
_COUNTERS = (
    "営業所|センター[止留]|[局店] ?[止留]|郵便局|デポ(?![ァ-ヺー])|(?:配送|物流)センター|(?:コンビニ|店頭)受取"
    "|(?:セブン[- ]?イレブン|ローソン|ファミリーマート|ファミマ|ミニストップ|デイリーヤマザキ|セイコーマート)"
    ".{0,16}店"
)
_DESKS = (
    "(?:レンタル|バーチャル|ヴァーチャル|シェア|サービス)オフィス|コワーキング|virtual ?office|私書[箱函]"
    "|メールボックス|リージャス|regus|(?<!お)気付"
    "|c/o ?[^ ]*(?:社|商[事店会]|[工産]業|倉庫|事務所|店|inc|ltd|corp|llc|company|office)"
)
# A house is named after what it stands beside: グランドホテル前マンション, 郵便局前ビル, 営業所ビル.
_BESIDE = "ビル|(?:前|跡地?|裏|横|隣|脇)(?:の|[ 0-9ァ-ヺa-z荘第]|住宅|団地|官舎|$)"
_FLATS = "社宅|学生マンション|ドーミー(?!イン)"  # homes of their own, once a room is written
_DELIVERY = "pudo|プドー|宅配ロッカー|はこぽす|受取り?ロッカー|宅急便|ヤマト運輸|佐川急便"
_SHARED = re.compile(f"(?:{_LODGING}|{_HOMES}|{_COUNTERS}|{_DESKS})(?!{_BESIDE})|({_FLATS})|({_DELIVERY})")
_ABSENCE = re.compile("(?:御?不在|お?留守|置き?配).*")
_WISH = re.compile(" ?(?:利用|使用|対応|受取り?)?(?:可|不可|希望|指定|ok|あり|有|へ|に|を|で|の?場合)")
_ERRAND = re.compile(" ?(?:へ|希望|指定)")  # 宅配便は郵便局へ
_FLOOR = re.compile("[0-9]{1,2} ?(?:f|階)|b[0-9]")
_NUMBER = re.compile("[0-9]")
_ITSELF = frozenset({Remark.SHARED_PLACE})
_FORWARDED = _ITSELF | {Remark.FORWARDER}
_NOBODY: frozenset[Remark] = frozenset()


def shared_remarks(text: str, has_room: bool) -> frozenset[Remark]:
    """Return what folded ``text``, an address without its town, says about many people having it.

    Args:
        has_room: whether a room is written, more than a floor. Words about the delivery behind it are no place.
    """
    if _FORWARDER.search(text) is not None:
        return _FORWARDED
    if _SHARED.search(text) is None:
        return _NOBODY
    text = _ABSENCE.sub("", text)
    is_shared = any(_is_place(found, text, has_room) for found in _SHARED.finditer(text))
    return _ITSELF if is_shared else _NOBODY


def _is_place(found: re.Match[str], text: str, has_room: bool) -> bool:
    """Say whether the words found name a place of many, and not a flat or a wish about the delivery."""
    if found[1]:
        return not has_room
    if not found[2]:
        return _ERRAND.match(text, found.end()) is None
    if _WISH.match(text, found.end()):
        return False
    is_before_room = _NUMBER.search(text, found.end()) and not _NUMBER.search(_FLOOR.sub("", text[: found.start()]))
    return not has_room or bool(is_before_room)
