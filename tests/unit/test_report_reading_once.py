"""What is wrong with a report is said once, and as what can be done about it."""

import pytest

from shopguard.registry.reports.reading import ContentInvalid, read_content
from shopguard.registry.reports.wording import FaultCode

REPORT = {"order_id": "5001", "category": "unpaid", "party": {"name": "見本 太郎"}, "ordered_on": "2026-04-01"}


@pytest.mark.parametrize("field", ["order_id", "category", "ordered_on"])
def test_required_field_that_is_empty_is_missing_and_nothing_else(field: str) -> None:
    with pytest.raises(ContentInvalid) as caught:
        read_content({**REPORT, field: ""})
    assert [(fault.field, fault.code) for fault in caught.value.faults] == [(field, FaultCode.MISSING)]


def test_foreign_money_is_not_told_a_way_that_ends_in_another_refusal() -> None:
    with pytest.raises(ContentInvalid, match="unpaid amounts are taken in yen alone"):
        read_content({**REPORT, "amount": "$120"})
