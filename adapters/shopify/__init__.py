"""The Shopify adapter: webhooks in, fulfilment holds and tags out."""

from adapters.shopify.adapter import ShopifyAdapter
from adapters.shopify.settings import ShopifySettings

__all__ = ["ShopifyAdapter", "ShopifySettings"]
