"""What is known of Japanese places and names, compiled at first use into one mapped file that processes share."""

from shopguard.identity.tables.folder import TablesUnusable, import_towns, refresh, tables, tables_folder, use_folder
from shopguard.identity.tables.imported import ImportRefused
from shopguard.identity.tables.lookup import Tables
from shopguard.identity.tables.place_key import place_key
from shopguard.identity.tables.records import Municipality, PostalArea, Surname, Town
from shopguard.identity.tables.report import Content, Progress, Report

__all__ = [
    "Content",
    "ImportRefused",
    "Municipality",
    "PostalArea",
    "Progress",
    "Report",
    "Surname",
    "Tables",
    "TablesUnusable",
    "Town",
    "import_towns",
    "place_key",
    "refresh",
    "tables",
    "tables_folder",
    "use_folder",
]
