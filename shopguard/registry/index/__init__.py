"""The index: from locators to sealed rows. Knows no token, no person, and not which rows are of one entry.

``store`` is what the rest of the registry uses; ``lines`` and ``dialects`` make look-ups cheap on both databases.
"""

from shopguard.registry.index.records import HOT, Found, FoundRow, IndexRows, Size
from shopguard.registry.index.store import Index

__all__ = ["HOT", "Found", "FoundRow", "Index", "IndexRows", "Size"]
