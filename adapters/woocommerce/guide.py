"""Setting up a WooCommerce shop in the console; README.md tells the same at length."""

from shopguard.adapter import Guide, Question

GUIDE = Guide(
    before=(
        {
            "en": "In WordPress: Settings › Permalinks: anything but “Plain”.",
            "ja": "WordPressの「設定 › パーマリンク」で「基本」以外を選びます。",
        },
        {
            "en": "WooCommerce › Settings › Advanced › REST API › Add key. User: a shop manager who stays. "
            "Permissions: Read/Write.",
            "ja": "「WooCommerce › 設定 › 高度な設定 › REST API › キーを追加」を開きます。ユーザーは今後も在籍する"
            "ショップ運営者、権限は「読み取り/書き込み」にします。",
        },
        {"en": "Copy both halves of the key here.", "ja": "表示されたキー2つを下に貼り付けます。"},
    ),
    questions=(
        Question(
            "url",
            {"en": "Address of the site", "ja": "サイトのアドレス"},
            {
                "en": "As buyers see it, such as https://shop.example.com",
                "ja": "お客様に見えるとおりに。例: https://shop.example.com",
            },
            value="https://",
        ),
        Question("consumer_key", {"en": "Consumer key (ck_…)", "ja": "コンシューマーキー (ck_…)"}, kind="secret"),
        Question(
            "consumer_secret",
            {"en": "Consumer secret (cs_…)", "ja": "コンシューマーシークレット (cs_…)"},
            kind="secret",
        ),
        Question(
            "webhook_secrets", {"en": "Secret of the webhooks", "ja": "Webhookの秘密鍵"}, kind="made", in_list=True
        ),
    ),
    after=(
        {
            "en": "Press “Connect”: ShopGuard makes its two webhooks in WooCommerce by itself.",
            "ja": "「接続する」を押すと、ShopGuardがWooCommerceにWebhookを2つ作ります。",
        },
    ),
    first_order={
        "en": "Place an order in the shop as a buyer would, or change the status of one. "
        "It arrives within a minute or two.",
        "ja": "お客様と同じように注文を1件入れるか、既存の注文の状態を変えます。1〜2分で届きます。",
    },
)
