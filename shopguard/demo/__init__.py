"""The simulated shop and its invented people: the dialect of WooCommerce over loopback HTTP, with its losses."""
