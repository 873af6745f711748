"""Setting up a described cart in the console: signed orders in ShopGuard's own form, or in one that is described."""

from shopguard.adapter import Guide, Question

_PLACES = """\
fields:
  id: [id]
  number: [number]
  placed_at: [placed_at]
  currency: [currency]
  total: [total]
  payment: [payment.label, payment.kind]
  buyer:
    name: [buyer.name]
    family: [buyer.family]
    given: [buyer.given]
    kana: [buyer.kana]
    company: [buyer.company]
    country: [buyer.country]
    postal_code: [buyer.postal_code]
    region: [buyer.region]
    city: [buyer.city]
    lines: [buyer.lines.0, buyer.lines.1, buyer.lines.2]
    phones: [buyer.phones.0, buyer.phones.1]
    emails: [buyer.emails.0, buyer.emails.1]
  recipients_path: recipients
  recipient:
    name: [name]
    family: [family]
    given: [given]
    kana: [kana]
    company: [company]
    country: [country]
    postal_code: [postal_code]
    region: [region]
    city: [city]
    lines: [lines.0, lines.1, lines.2]
    phones: [phones.0, phones.1]
    emails: [emails.0, emails.1]
  ip: [ip]
  user_agent: [user_agent]
  note: [note]
  test: [test]
payment_kinds:
  cod: cod
  代金引換: cod
  pay_later: pay_later
  pay_later_provider: pay_later_provider
  bank_transfer: bank_transfer
  prepaid: prepaid
  card: card
  wallet: wallet
"""

GUIDE = Guide(
    before=(
        {
            "en": "Find out how your cart can call an address with every new order (often called a webhook).",
            "ja": "カートが新しい注文ごとに指定アドレスを呼び出す方法(Webhookなど)を確認します。",
        },
        {
            "en": "Enter the address and the secret below there. The cart signs each order with the secret: "
            "HMAC-SHA256 over the body, in a header.",
            "ja": "下のアドレスと秘密の文字列をカートに登録します。"
            "カートは注文の本文をこの文字列でHMAC-SHA256署名し、ヘッダーに入れて送ります。",
        },
    ),
    questions=(
        Question(
            "signature.secrets",
            {"en": "Secret for signing", "ja": "署名用の秘密の文字列"},
            kind="made",
            copied=True,
            in_list=True,
        ),
        Question(
            "signature.header",
            {"en": "Header that carries the signature", "ja": "署名が入るヘッダー名"},
            {"en": "As your cart calls it.", "ja": "カート側の名前に合わせてください。"},
            value="X-Shop-Signature",
        ),
        Question(
            "signature.encoding",
            {"en": "How the signature is written", "ja": "署名の書き方"},
            kind="choice",
            value="hex",
            choices=("hex", "base64"),
        ),
        Question(
            "",
            {"en": "Where the details of an order stand", "ja": "注文データの項目の場所"},
            {
                "en": "As it is, for orders in ShopGuard's own form. For another form change the places; "
                "adapters/generic/README.md explains them, and how notes and holds are written.",
                "ja": "このままで、ShopGuard標準形式の注文を受け取れます。別の形式なら場所を書き換えます。"
                "書き方、メモや保留の設定はadapters/generic/README.mdにあります。",
            },
            kind="yaml",
            value=_PLACES,
        ),
    ),
    settings={"signature": {"scheme": "hmac"}},
    first_order={
        "en": "Place an order in your cart, or send the body of one to the address, signed as above.",
        "ja": "カートで注文を1件入れるか、上のとおり署名した注文データをアドレスに送ります。",
    },
)
