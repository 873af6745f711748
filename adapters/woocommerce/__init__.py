"""ShopGuard for shops that run WooCommerce."""

from adapters.woocommerce.adapter import WooCommerceAdapter
from adapters.woocommerce.settings import WooCommerceSettings

__all__ = ["WooCommerceAdapter", "WooCommerceSettings"]
