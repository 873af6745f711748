"""What each level of agreement is worth. One table, fitted by ``bench/fit_weights.py`` on invented people.

Units are log10 of a likelihood ratio: +1 makes "one and the same person" ten times as likely as "two people".
"""

from enum import StrEnum


class Level(StrEnum):
    """How well one field of an order agrees with an entry, as shared tokens or both texts tell it."""

    NAME_WRITTEN = "name_written"  # the same characters, after folding
    NAME_SOUND = "name_sound"  # the same reading, both given
    NAME_GUESSED = "name_guessed"  # the same reading, guessed from kanji on one side
    NAME_OTHER_KANJI = "name_other_kanji"  # the same reading, given twice, written in other characters
    NAME_ALIKE = "name_alike"  # other characters that may be read the same: at least one side gave no reading
    NAME_CLOSE = "name_close"  # a character or two differ; seen only where both texts are in clear
    NAME_FAMILY = "name_family"
    NAME_GIVEN = "name_given"
    NAME_DIFFERENT = "name_different"
    NAME_UNCOMPARED = "name_uncompared"  # one in kanji, the other in kana or Latin letters: nothing to compare
    NAME_ONE_SIDED = "name_one_sided"  # only one of the two names anybody
    ADDRESS_ROOM = "address_room"  # house and room
    ADDRESS_HOUSE = "address_house"  # the house, and neither side names a room
    ADDRESS_ROOM_MISSING = "address_room_missing"
    ADDRESS_OTHER_ROOM = "address_other_room"
    ADDRESS_NUMBERS = "address_numbers"  # municipality, numbers and a name agree; the town is written otherwise
    ADDRESS_OTHER_AREA = "address_other_area"  # the same numbers in another small area (小字) of the town
    ADDRESS_BLOCK = "address_block"  # the town and the first two numbers, with a name
    ADDRESS_CITY = "address_city"  # another address in the same municipality
    ADDRESS_DIFFERENT = "address_different"
    PHONE_MOBILE = "phone_mobile"
    PHONE_LANDLINE = "phone_landline"
    PHONE_CLOSE = "phone_close"  # one digit wrong or two swapped; both texts in clear
    PHONE_DIFFERENT = "phone_different"
    EMAIL_SAME = "email_same"
    EMAIL_ROLE = "email_role"  # the same mailbox, one of an office or a shop
    EMAIL_LOCAL = "email_local"  # the same name before the @, digits and provider aside
    EMAIL_CLOSE = "email_close"  # one character wrong; both texts in clear
    EMAIL_DIFFERENT = "email_different"


VERSION = "w3"
"""Fitted on 2026-11-21 with 40,000 entries, 20,000 repeat and 20,000 clean orders, seed 21; rounded."""

WEIGHTS = {
    Level.NAME_WRITTEN: 2.8,
    Level.NAME_SOUND: 2.5,
    Level.NAME_GUESSED: 2.4,
    Level.NAME_OTHER_KANJI: 2.2,
    Level.NAME_ALIKE: 1.0,
    Level.NAME_CLOSE: 0.4,
    Level.NAME_FAMILY: -2.0,
    Level.NAME_GIVEN: 1.3,
    Level.NAME_DIFFERENT: -1.1,
    Level.NAME_UNCOMPARED: -0.5,
    Level.NAME_ONE_SIDED: 0.0,
    Level.ADDRESS_ROOM: 3.4,
    Level.ADDRESS_HOUSE: 3.4,
    Level.ADDRESS_ROOM_MISSING: 2.8,
    Level.ADDRESS_OTHER_ROOM: 2.1,
    Level.ADDRESS_NUMBERS: 2.6,
    Level.ADDRESS_OTHER_AREA: 2.1,
    Level.ADDRESS_BLOCK: 2.4,
    Level.ADDRESS_CITY: -2.2,
    Level.ADDRESS_DIFFERENT: -2.2,
    Level.PHONE_MOBILE: 7.2,
    Level.PHONE_LANDLINE: 4.0,
    Level.PHONE_CLOSE: 2.0,
    Level.PHONE_DIFFERENT: 0.0,
    Level.EMAIL_SAME: 7.7,
    Level.EMAIL_ROLE: 3.0,
    Level.EMAIL_LOCAL: 0.5,
    Level.EMAIL_CLOSE: 2.0,
    Level.EMAIL_DIFFERENT: -0.8,
}

RARITY = {
    Level.NAME_WRITTEN: 0.5,
    Level.NAME_SOUND: 0.5,
    Level.NAME_GUESSED: 0.5,
    Level.NAME_OTHER_KANJI: 0.5,
    Level.NAME_ALIKE: 0.5,
    Level.NAME_CLOSE: 0.5,
    Level.NAME_FAMILY: 0.5,
}
"""How much of a surname's rarity (-log10 of its share of the population) is added to a level."""

ONE_NUMBER = -1.0  # a single number may name a whole hamlet
BY_POSTAL_CODE = -0.3  # the numbers agree in one postal code; it may hold several towns

EVEN_ODDS = 3.9  # the sum at which a candidate is one person or another with equal chance: one order in 200 is listed
