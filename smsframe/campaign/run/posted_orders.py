"""
What a run itself knows of the orders that it has posted, in case its journal no longer says so.

Another program may write an older state into the journal's file while a run is at work, as SQLite's own
backup does. The run stops then; its results must not call somebody pending who was, or may have been, texted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, in_parts, uncopied
from smsframe.orders.states import State
from smsframe.outcomes.codes import CODES
from smsframe.outcomes.columns import has_status, results_for
from smsframe.phones.match import keys, keys_of, places

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from smsframe.orders.records import Batch

MAYBE_TEXTED = (State.SENDING, State.UNCONFIRMED, State.ACCEPTED)


class PostedOrders:
    """The orders of one run that were, or may have been, taken by the gateway, with their people."""

    def __init__(self) -> None:
        self._orders: dict[str, tuple[Batch, State, NDArray[np.int64]]] = {}

    def update(self, batch: Batch, state: State, people: pd.DataFrame) -> None:
        """Note the state of an order; one that was proven not to be taken is forgotten."""
        if state in MAYBE_TEXTED and len(people):
            before = self._orders.get(batch.order_id)
            same = before is not None and len(before[2]) == len(people)
            # Numbers, as they take a third of the memory of text.
            persons = before[2] if before is not None and same else keys_of(people)
            self._orders[batch.order_id] = (batch, state, persons)
        else:
            self._orders.pop(batch.order_id, None)

    def correct(self, results: pd.DataFrame) -> pd.DataFrame:
        """
        The results, with what this run knows of whom the journal calls pending, or has in another order.

        Args:
            results: The result columns, after whatever other columns.

        Returns:
            The same frame when there is nobody to correct.
        """
        if not self._orders:
            return results
        order_of = self._last_order
        unsent = has_status(results, "ready", "pending").to_numpy()
        taken = has_status(results, "accepted", "scheduled").to_numpy()
        ids = pa.array([*self._orders], STRING)

        def differing(text: Any, phones: Any, unsent: Any, taken: Any) -> tuple[Any, Any]:
            """Part by part, and orders as numbers: a million ids would take a hundred megabytes."""
            order = order_of(keys(phones, missing=-1))
            written = np.asarray(pc.index_in(text, ids).fill_null(-1))
            return (order >= 0) & (unsent | (taken & (written != order))), order

        rows, order = in_parts(
            differing,
            *map(uncopied, (results["sms_order_id"], results["sms_phone"])),
            unsent,
            taken,
            at_once=1,
        )
        if not rows.any():
            return results
        facts = self._facts().take(order[rows])
        corrected = results.copy()
        for name in ("sms_status", "sms_code", "sms_reason", "sms_order_id"):
            values = corrected[name].astype(object).to_numpy(copy=True)
            values[rows] = facts[name].astype(object).to_numpy()
            corrected[name] = pd.Series(values, index=results.index).astype(results[name].dtype)
        return corrected

    @property
    def _last_order(self) -> Callable[[NDArray[np.int64]], NDArray[np.int32]]:
        """Says of people in which order they were posted last, by its place; -1 in none."""
        each = [persons for _, _, persons in self._orders.values()][::-1]
        persons = np.concatenate(each)
        orders = np.repeat(np.arange(len(each), dtype=np.int32)[::-1], [len(some) for some in each])
        by_person = np.argsort(persons, kind="stable")  # of several the last one stays the first
        persons, orders = persons[by_person], np.append(orders[by_person], np.int32(-1))
        return lambda asked: orders[places(asked, persons)]

    def _facts(self) -> pd.DataFrame:
        """The result columns for the people of each order, in the order in which they were posted."""
        batches = [batch for batch, _, _ in self._orders.values()]
        accepted = np.array([state is State.ACCEPTED for _, state, _ in self._orders.values()])
        scheduled = np.array([batch.terms.schedule is not None for batch in batches])
        reason = f"{CODES['unconfirmed']}; the journal no longer has its order"
        return results_for(
            len(batches),
            sms_status=pd.Series(
                np.select([accepted & scheduled, accepted], ["scheduled", "accepted"], "unconfirmed")
            ),
            sms_code=pd.Series("unconfirmed", range(len(batches)), dtype=object).mask(accepted, None),
            sms_reason=pd.Series(reason, range(len(batches)), dtype=object).mask(accepted, None),
            sms_order_id=pd.Series([batch.order_id for batch in batches]),
        )
