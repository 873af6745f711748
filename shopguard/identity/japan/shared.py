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
    "ホテル|(?<![a-z])(?:hotel|hostel|guest ?house|share ?house)|旅館|旅[籠篭]|民宿|民泊|ゲストハウス|ホステル"
    "|ペンション|カプセルイン|(?:東横|ルート|ドーミー|コンフォート|スーパー|グリーンリッチ|くれたけ|ベッセル)イン(?![ァ-ヺー])"
    "|ウ[ィイ]ークリー|マンスリー|シェアハウス"
)
_HOMES = (
    "寮|社宅|学生会館|学生マンション|ドミトリー|(?<![a-z])dormitory|ドーミー(?!イン)|合宿所|老人ホーム|特養|老健|グループホーム"
    "|ケアハウス|病院(?!前)|医療センター"
)
_COUNTERS = (
    "営業所|センター[止留]|[局店] ?[止留]|郵便局|宅急便|ヤマト運輸|佐川急便|デポ(?![ァ-ヺー])"
    "|(?:配送|物流)センター|pudo|プドー|宅配ロッカー|はこぽす|受取り?ロッカー|(?:コンビニ|店頭)受取"
    "|(?:セブン[- ]?イレブン|ローソン|ファミリーマート|ファミマ|ミニストップ|デイリーヤマザキ|セイコーマート)"
    ".{0,16}店"
)
_DESKS = (
    "(?:レンタル|バーチャル|ヴァーチャル|シェア|サービス)オフィス|コワーキング|virtual ?office|私書[箱函]"
    "|メールボックス|リージャス|regus|気付"
    "|c/o ?[^ ]*(?:社|商[事店会]|[工産]業|倉庫|事務所|店|inc|ltd|corp|llc|company|office)"
)
_SHARED = re.compile("|".join((_LODGING, _HOMES, _COUNTERS, _DESKS)))
_ITSELF = frozenset({Remark.SHARED_PLACE})
_FORWARDED = _ITSELF | {Remark.FORWARDER}


def shared_remarks(text: str) -> frozenset[Remark]:
    """Return what folded ``text``, an address without its town, says about many people having it."""
    if _FORWARDER.search(text) is not None:
        return _FORWARDED
    return _ITSELF if _SHARED.search(text) is not None else frozenset()
