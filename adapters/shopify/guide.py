"""Setting up a Shopify shop in the console; README.md tells the same at length."""

from shopguard.adapter import Guide, Question

_SCOPES = (
    "read_orders, write_orders, read_customers, read_payment_terms, read_merchant_managed_fulfillment_orders, "
    "write_merchant_managed_fulfillment_orders"
)

GUIDE = Guide(
    before=(
        {
            "en": "Open dev.shopify.com/dashboard with the account that owns the shop › Apps › Create app, "
            "named ShopGuard.",
            "ja": "ショップのオーナーのアカウントでdev.shopify.com/dashboardを開き、"
            "「Apps › Create app」でShopGuardというアプリを作ります。",
        },
        {
            "en": f"In the app's version, set the scopes: {_SCOPES}. Webhooks API version: 2026-10.",
            "ja": f"アプリのバージョンで、スコープに {_SCOPES} を、Webhooks APIのバージョンに2026-10を指定します。",
        },
        {
            "en": "Enter the address below as all three compliance webhooks. Ask for name, address, phone and "
            "e-mail as protected customer data, with the reason “fraud prevention”.",
            "ja": "下のアドレスを3つのコンプライアンスWebhookに登録します。"
            "保護された顧客データとして氏名・住所・電話・メールを、理由「不正防止」で申請します。",
        },
        {
            "en": "Release the version, install the app in the shop, and copy client ID and client secret from its "
            "settings.",
            "ja": "バージョンを公開してショップにインストールし、設定からクライアントIDとシークレットを写します。",
        },
    ),
    questions=(
        Question(
            "domain",
            {"en": "The shop's permanent name", "ja": "ショップの固有ドメイン"},
            {"en": "Such as main-store.myshopify.com", "ja": "例: main-store.myshopify.com"},
        ),
        Question("client_id", {"en": "Client ID", "ja": "クライアントID"}),
        Question(
            "client_secrets", {"en": "Client secret", "ja": "クライアントシークレット"}, kind="secret", in_list=True
        ),
    ),
    after=(
        {
            "en": "Press “Connect”: ShopGuard subscribes its webhooks by itself.",
            "ja": "「接続する」を押すと、ShopGuardがWebhookを自動で登録します。",
        },
    ),
    first_order={
        "en": "Place an order in the shop as a buyer would; it arrives within seconds.",
        "ja": "お客様と同じように注文を1件入れます。数秒で届きます。",
    },
)
