"""A registry that is told to stop has finished what it began: whom it told of whom stands in its book."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.end_to_end.registry.conftest import Stock
    from tests.end_to_end.registry.houses import Centre


def test_who_was_told_of_somebody_just_before_the_registry_stops_is_written_down(
    serving: "Centre", stock: "Stock"
) -> None:
    tokens, _entry = stock.rounds[0]
    member = serving.member("steady")
    answers = (member.ask([token]).json()["candidates"] for token in tokens)
    told = next(candidates for candidates in answers if candidates)  # one detail opens nobody: such looks wait
    serving.close()
    looks = [serving.json("registry", "office", "looks", candidate["handle"]) for candidate in told]
    assert [[(look["member"], look["opened"]) for look in each] for each in looks] == [[("steady", False)]] * len(
        told
    )
