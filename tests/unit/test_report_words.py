"""Honest texts of shops pass; what tells what a person is, or calls them names, is found under its kind."""

import pytest

from shopguard.registry.reports.words import Kind, forbidden

HONEST = """
商品発送後、支払期日を過ぎても入金がなく、3回督促しました。
代金引換の荷物を受取辞退され、返送料と代引手数料が当店の負担になりました。
長期不在のため保管期限が切れて返送されました。ご不在日に3回お届けしています。
中国地方への配送で、広島県のお客様です。
中国茶と韓国のり、台湾パイナップルケーキを注文。
韓国人気コスメセットと中国人形、韓国人参エキスをご注文。
日本人形ケースをお届けしました。
海外人気ブランドの財布、国内外人気の商品です。
案外人数が多い注文でした。
システム障害のため受注メールが遅れたが、翌日に再送しました。
通信障害で決済が止まった日の注文です。
障害物センサー付き掃除機を購入。
車いす用クッションと介護ベッドを注文。
病院宛に配達し、受付の方が受領印を押しました。
お見舞いギフトと入院セットを注文されました。
病気見舞いの花を代引で注文。
うつぶせ枕、がんばる応援セット、感染症対策マスクの注文です。
糖尿病食の定期便を注文。
妊婦用パジャマを注文し、受取辞退。
防犯カメラと犯罪防止シールを注文。
詐欺対策の本を5冊注文。
警察に相談し、弁護士名で内容証明を送りました。
少額訴訟を準備していると伝えたところ、返信がありません。
支払督促を裁判所に申し立てました。
局留置きで発送し、保管期限切れで返送。
仏壇とお線香、神社のお守りケースを注文。
宗教法人あての請求書払いで、期日を過ぎました。
カルトンと画材を購入。
クリスチャンディオールの口紅を注文。
イスラム風ランプを注文。
生活協同組合員のお客様で、組合員価格を適用しました。
管理組合員の集まりに使うお菓子の注文。
共済組合の書類を確認しました。
同和火災の保険証券入れを注文。
上部落とし蓋つきの鍋を注文。
是非人数分を送ってほしいと言われました。
非人道的な扱いはしていません。
バカラのグラスを2個、バカンス用の帽子を注文。
送料がバカにならないため、着払いの返送を断りました。
クズ餅と葛きり、紙クズ入れを注文。
ゴミ箱とゴミ袋を代引で注文し、受取拒否。
クソーバン社の工具を注文。
サブスクの初回分を受け取り後、連絡がありません。
塗装のハゲがあると言われ、写真を求めましたが届きません。
バスタオルとデブリ掃除用ブラシを注文。
ブラックコーヒーと黒いブラックジーンズを注文。
時計が狂っていると返品を求められ、検品では異常がありませんでした。
貧乏ゆすり防止クッションを注文。
アホウドリの写真集を購入。
さあほらと電話を切られました。
電話では「払わない」と言われました。
3回とも電話に出られず、留守番電話に残しました。
住所に該当者がなく、宛先不明で戻りました。
別の名前で同じ住所から初回限定品を4回注文しています。
同じ電話番号で姓だけを変えた注文が続きました。
商品に問題があると言うが写真は別の商品で、返金だけを求めています。
返金しなければ悪いレビューを書くと言い、代金の全額を求めました。
お客様都合の返品で、未開封の確認をお願いしました。
発送前に確認の電話をしましたが、つながりませんでした。
注文者と受取人が異なり、どちらも荷物を受け取りませんでした。
クレジットカードへの変更をお願いしました。
レターパックで督促状を送り、追跡番号で配達を確認。
弊社の請求書は商品に同梱しました。
引っ越し先不明で郵便が戻りました。
台風で配送が2日遅れましたが、期日は延ばしました。
オンライン英会話の教材を注文。
フランス人形とトルコ石の指輪、インド綿のシーツを注文。
タイ人気No.1のお菓子を注文。
ロシアンブルーの置物とペルシャ絨毯を注文。
ベトナムコーヒーとネパールの帽子を注文。
黒人霊歌のCDを注文。
難読の住所でしたが、配達できました。
買い物難民向けの宅配便で届けています。
風俗画の複製を注文。
在日数の数え間違いではなく、存在日時を確認しました。
Payment was due on 1 April; three reminders by mail and one call, no answer.
The parcel was refused at the door and came back after a week.
The buyer ordered a Chinese tea set and Korean cosmetics.
Sent by Western Union receipt; the credit union confirmed no transfer.
He is in black clothes on the delivery photo? No, the photo shows only the parcel.
The hearing aids batteries were delivered on 3 May.
Christian Dior perfume, unopened, was asked to be refunded.
A crime novel and a cult classic film were delivered.
Non-alcoholic beer, 24 cans, delivered and signed for.
Our fraud prevention check passed at the time of order.
The parcel was stolen from the porch according to the buyer; the carrier's photo shows it inside.
The account was disabled by the buyer before payment.
The customer said the item had minor defects and sent a photo of another item.
Religious books and Islamic art prints? No: cookery books were ordered.
We asked for the goods back and got no reply for 30 days.
The address does not exist; the phone number belongs to somebody else.
Shiitake mushrooms and dumbbells were ordered under four names.
The buyer demanded a refund in exchange for no bad review.
White paint and black shoes, size 42.
Cancer zodiac necklace, paid part, the rest never came.
The buyer was very late with every answer.
Delivered to a hospital reception, signed by the desk.
Indian cotton sheets and Turkish towels were refused on delivery.
American football, refused twice.
Wheelchair cushion cover, delivered, unpaid since May.
The label was damaged but the goods arrived intact.
"""

BAD = """
nationality|中国人と思われる購入者です。
nationality|外国人なので督促が通じません。
nationality|在日韓国人のようです。
nationality|話し方から外人だと思う。
nationality|日本人ではなさそうな名前。
nationality|韓国籍らしい。
nationality|ベトナム人グループの注文です。
nationality|国籍は不明だがアジア系。
nationality|不法滞在ではないかと思います。
nationality|帰化した人のようです。
nationality|黒人の客でした。
nationality|中 国 人 です
nationality|The buyer is Chinese and does not answer.
nationality|Probably a foreigner.
nationality|A Korean woman answered the phone.
nationality|He seems to be an illegal alien.
nationality|Nigerian guy, as usual.
nationality|Ethnic background unclear.
illness|精神病だと思われる言動です。
illness|うつ病と言い訳しています。
illness|認知症の老人のようです。
illness|病気を理由に支払いを延ばしています。
illness|入院していたと言うが怪しい。
illness|アル中らしい。
illness|薬物中毒の疑い。
illness|依存症で買い物をしている。
illness|妊娠中だからと受け取らない。
illness|統合失調症の診断書を送ってきた。
illness|She is mentally ill.
illness|He claims to be sick every time.
illness|The man has depression and buys too much.
illness|Drug addict, I guess.
illness|Was hospitalized, or so he says.
illness|Clearly dementia.
disability|発達障害と思われる。
disability|障害者手帳を見せて値引きを求めた。
disability|知的障がいのある人のようだ。
disability|耳が不自由な聴覚障害の方です。
disability|車椅子の人でした。
disability|アスペだと思います。
disability|身体障害者です。
disability|He is disabled and uses it as an excuse.
disability|Retarded person.
disability|The client is deaf.
disability|She mentions her disability all the time.
crime|この人は犯罪者です。
crime|前科があると聞きました。
crime|逮捕されたことがあるそうです。
crime|詐欺です。
crime|詐欺師に違いない。
crime|万引きの常習犯。
crime|暴力団の関係者のようです。
crime|泥棒と同じです。
crime|犯人の住所はここです。
crime|脅迫された。
crime|ヤクザのような話し方。
crime|刑務所にいたらしい。
crime|窃盗だと思う。
crime|犯*罪*者
crime|He is a criminal.
crime|This is clearly fraud.
crime|She was arrested last year.
crime|A thief, nothing else.
crime|He has a police record.
crime|Convicted before.
crime|Yakuza style talk.
religion|創価の人です。
religion|新興宗教の信者らしい。
religion|エホバの証人だった。
religion|イスラム教徒です。
religion|統一教会の関係者。
religion|キリスト教なので日曜は受け取らない。
religion|宗教上の理由と言っている。
religion|He is a Muslim.
religion|A Jewish buyer.
religion|Some Scientology thing.
religion|She is a devout Christian.
religion|For religious reasons, he says.
union|労働組合の幹部です。
union|労組の活動家。
union|組合活動をしている人。
union|A trade union man.
union|He is a union member and organizes others.
status|部落の人です。
status|同和関係者だと名乗った。
status|生活保護を受けている。
status|無職のようです。
status|ホームレスだと思う。
status|貧乏人が注文するな。
status|水商売の女性。
status|母子家庭と言っている。
status|中卒だろう。
status|被差別地域の住所。
status|Burakumin area.
status|Homeless person.
status|He is on welfare.
status|Unemployed for years.
status|Low-class people.
insult|バカな客です。
insult|本当に馬鹿だ。
insult|アホか。
insult|クズ客。
insult|人間のクズです。
insult|クソババア。
insult|キチガイです。
insult|頭がおかしい。
insult|ゴミみたいな客。
insult|嘘つきです。
insult|死ねばいいのに死ね。
insult|非常識な人。
insult|乞食のような客。
insult|What an idiot.
insult|Stupid woman.
insult|He is a liar.
insult|fucking waste of time
insult|This bitch again.
insult|The buyer is crazy.
insult|ｂａｓｔａｒｄ
label|悪質クレーマーです。
label|ブラックリストに載せてください。
label|転売ヤーです。
label|要注意人物。
label|踏み倒し常習です。
label|モンスターカスタマー。
label|Total scammer.
label|Put him on the blacklist.
label|A known fraudster.
label|Deadbeat buyer.
label|Con man.
"""


@pytest.mark.parametrize("text", HONEST.strip().splitlines())
def test_honest_text_passes(text: str) -> None:
    assert forbidden(text) == []


@pytest.mark.parametrize("line", BAD.strip().splitlines())
def test_bad_text_is_found_under_its_kind(line: str) -> None:
    kind, _, text = line.partition("|")
    assert Kind(kind) in {finding.kind for finding in forbidden(text)}


def test_bad_word_is_found_within_honest_words_of_any_length() -> None:
    text = HONEST.replace("\n", " ") + "この人は犯罪者です。" + HONEST.replace("\n", " ")
    assert [finding.kind for finding in forbidden(text)] == [Kind.CRIME]


def test_finding_says_where_and_repeats_nothing() -> None:
    (finding,) = forbidden("三回督促したが、犯罪者だ")
    assert finding.at == len("三回督促したが、") + 1
    assert "犯罪" not in repr(finding)


def test_invisible_characters_hide_nothing() -> None:
    assert forbidden("犯\u200b罪\u2060者")
    assert forbidden("crim\u200binal")


def test_full_width_and_capitals_hide_nothing() -> None:
    assert forbidden("ＣＲＩＭＩＮＡＬ")


def test_findings_are_in_order_of_place() -> None:
    assert [finding.kind for finding in forbidden("馬鹿で、前科があり、外国人")] == [
        Kind.INSULT,
        Kind.CRIME,
        Kind.NATIONALITY,
    ]


def test_every_kind_has_a_name_in_both_languages() -> None:
    assert all(ja and en and ja != en for ja, en in (kind.names for kind in Kind))
