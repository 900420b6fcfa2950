"""
Frames as they are pickled: columns that share their memory are written once, and share it again afterwards.

The numbers of a million people stand in a plan three times, in one memory of 20 MiB: in the phone column, in
the result columns and in `Plan.planned`. Pickled one by one they would come back as three times as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from smsframe.arrow import memory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

T = TypeVar("T")


class Repeated(NamedTuple):
    """A column in the memory of an earlier one: the frame and the place of each, and what it is called."""

    frame: str
    place: int
    name: Any
    dtype: Any
    of_frame: str
    of_place: int


def packed(**frames: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], list[Repeated]]:
    """
    The frames without the columns that share the memory of an earlier one, and what these are.

    Example:
        >>> people = pd.DataFrame({"phone": pd.array(["+393471234567"], "string[pyarrow]")})
        >>> kept, repeated = packed(people=people, planned=people.assign(segments=1))
        >>> [[*frame] for frame in kept.values()], [one.name for one in repeated]
        ([['phone'], ['segments']], ['phone'])
    """
    first: dict[tuple[int | None, ...], tuple[str, int]] = {}
    kept: dict[str, pd.DataFrame] = {}
    repeated: list[Repeated] = []
    for key, frame in frames.items():
        places: list[int] = []
        for place, (name, column) in enumerate(frame.items()):
            where = memory(column)
            if where is not None and where in first:
                repeated.append(Repeated(key, place, name, column.dtype, *first[where]))
                continue
            places.append(place)
            if where is not None:
                first[where] = (key, place)
        kept[key] = frame.iloc[:, places]
    return kept, repeated


def rebuilt(
    kind: Callable[..., T],
    kept: Mapping[str, pd.DataFrame],
    repeated: Sequence[Repeated],
    others: Mapping[str, Any],
) -> T:
    """What has these frames, as `packed` was given them, and these other values, by their names."""
    frames = {key: frame.copy(deep=False) for key, frame in kept.items()}
    for one in repeated:  # each after the column that it repeats, and from the left
        texts = frames[one.of_frame].iloc[:, one.of_place].array.astype(one.dtype, copy=False)
        frames[one.frame].insert(one.place, one.name, texts, allow_duplicates=True)
    return kind(**frames, **others)
