"""
An order as the engine hands it to a gateway.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from smsframe.orders.batching import FIELD_SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from smsframe.orders.terms import Terms
    from smsframe.texts.template import Template


@dataclass(frozen=True, slots=True, repr=False)
class Order:
    """
    One request to text some people.

    Attributes:
        order_id: Ours, written before the request leaves: at most 30 small letters, digits and hyphens.
        template: The text; with fields when each recipient has a text of their own.
        encoding: ``gsm`` or ``ucs2``, of every text in it.
        terms: Message type, sender and time.
        people: ``phone`` (E.164) and ``fields`` (merge values) of each recipient.
    """

    order_id: str
    template: Template
    encoding: str
    terms: Terms
    people: pd.DataFrame

    @property
    def personalised(self) -> bool:
        """Whether each recipient has a text of their own."""
        return bool(self.template.fields)

    def phones(self) -> list[str]:
        """The number of each recipient."""
        phones: list[str] = self.people["phone"].tolist()
        return phones

    def values(self) -> Iterator[list[str]]:
        """The merge values of each recipient, in the order of the template's fields."""
        # What a request takes is an object per person, so this is one loop over the recipients.
        return (packed.split(FIELD_SEPARATOR) for packed in self.people["fields"])

    def texts(self) -> list[str]:
        """The text of each recipient, filled: for gateways that fill nothing themselves."""
        if not self.personalised:
            return [self.template.constant] * len(self.people)
        return [self.template.filled(values) for values in self.values()]

    def __repr__(self) -> str:
        return f"<Order {self.order_id}: {len(self.people)} recipients>"
