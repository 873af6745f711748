"""ShopGuard: the shop's guard and the network's registry. Start reading at ``guard/pipeline.py``."""

__version__ = "0.1.0"
