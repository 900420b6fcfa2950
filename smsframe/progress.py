"""
One progress bar, for notebooks and terminals alike; tqdm draws it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from smsframe.life import State

if TYPE_CHECKING:
    from types import TracebackType

    from smsframe.loop import Tick


class Bar:
    """
    Counts people, or orders, as they are settled.

    Args:
        doing: What is being done, in a word.
        unit: What is counted.
        shown: False draws nothing.
    """

    def __init__(self, doing: str, unit: str, *, shown: bool) -> None:
        self._doing, self._unit, self._shown = doing, unit, shown
        self._bar: Any = None
        self._counts: dict[str, float] = {}

    def start(self, total: int) -> None:
        """Begin to draw; nothing to do draws nothing."""
        if not self._shown or not total:
            return
        from tqdm.auto import tqdm  # noqa: PLC0415 - a tenth of a second that only a bar needs

        self._bar = tqdm(total=total, desc=self._doing, unit=f" {self._unit}")

    def tick(self, tick: Tick) -> None:
        """Some people got somewhere."""
        words = {State.ACCEPTED: "accepted", State.REFUSED: "rejected"}
        word = words.get(tick.state, "unconfirmed")
        self._counts[word] = self._counts.get(word, 0) + tick.recipients
        if tick.credits:
            self._counts["credits"] = self._counts.get("credits", 0) + tick.credits
        self.advance(tick.recipients)

    def advance(self, steps: int) -> None:
        """So many more are done."""
        if self._bar is not None:
            if self._counts:
                self._bar.set_postfix(
                    {name: f"{count:g}" for name, count in self._counts.items()}, refresh=False
                )
            self._bar.update(steps)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
