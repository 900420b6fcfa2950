r"""
Work on columns of text whose outcome depends on the shape of a cell: on all but the digits in its long runs.

The repairs of `repair` are regular expressions. None of them tells one digit from another, but zeros in
front, runs of nothing but zeros, and, beside an ``e`` or a tilde, short runs: an exponent, the `%2B` of a
link to wa.me, `8~10`. So a column that is odd in the same way in every cell has few shapes, and what is done
to a shape is done to all its cells. Where work drops digits, or makes digits of others, the cells themselves
are worked on. A seeded test holds both ways against each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import STRING, raw

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_ANY: Final = np.uint8(ord("3"))  # stands for digits that nothing tells apart
_TELLING: Final = [*b"eE~"]  # beside these it may matter which digits a short run has
_LEAST: Final = 1000  # cells; of fewer, shapes are not worth finding
_FIRST: Final = 32  # cells that are looked at before all are: what is odd is often so in each of them
_ALIKE: Final = 8  # cells of a shape, on the whole, from which on it is


def by_shape(work: Callable[[Any], tuple[Any, dict[str, Any]]], text: Any) -> tuple[Any, dict[str, Any]]:
    """
    Do to each shape what would be done to each cell.

    Args:
        work: Takes a large-string array; returns one of the same length, and arrays of that length by name.
            Its outcome may depend on digits only as this module says, and a gap stays one.
        text: Cells as a large-string array.

    Returns:
        What ``work(text)`` returns; beside a gap, what it returns beside an empty cell.

    Example:
        >>> cells = pa.array([f"mob: 347{number}" for number in range(1000, 3000)], STRING)
        >>> by_shape(lambda text: (pc.replace_substring(text, "mob: ", "+39"), {}), cells)[0][:2].to_pylist()
        ['+393471000', '+393471001']
    """
    whole = pc.fill_null(text, "") if text.null_count else text
    found = _shapes(whole) if len(text) >= _LEAST else None
    if found is None:
        return work(text)
    shapes, which = found
    after, beside = work(shapes)
    if not np.array_equal(_counts(shapes), _counts(after)):  # there are other digits than before
        return work(text)
    filled = _filled(after.take(which), whole)
    if text.null_count:
        filled = pc.if_else(text.is_valid(), filled, pa.scalar(None, STRING))
    return filled, {name: each.take(which) for name, each in beside.items()}


def _shapes(text: Any) -> tuple[Any, Any] | None:
    """The different shapes of cells, and which of them each cell has; None where there are many."""
    begins, _, content = raw(text)
    if not len(content) or _has_other_digits(text[:_FIRST]):
        return None
    digit, zero = _are_digits(content), content == ord("0")
    follows = np.ones(len(content) + 1, dtype=bool)  # a run of digits ends with its cell
    follows[begins] = False
    follows = _after(digit, 1) & digit & follows[:-1]
    fourth = follows & _after(follows, 1) & _after(follows, 2)
    hidden = fourth & ~(zero & _after(zero, 1) & _after(zero, 2) & _after(zero, 3))
    letters = content.tobytes()
    if not any(byte in letters for byte in _TELLING):
        hidden |= digit & ~zero
    encoded = _with_bytes(text, np.where(hidden, _ANY, content)).dictionary_encode()
    shapes = encoded.dictionary
    if len(shapes) * _ALIKE > len(text) or _has_other_digits(shapes):
        return None
    return shapes, encoded.indices


def _has_other_digits(text: Any) -> bool:
    """Whether there are digits of other scripts, which work may write as those that are filled in."""
    _, _, content = raw(text)
    if not len(content) or content.max() < 0x80:  # noqa: PLR2004 - ASCII
        return False
    return any(each.isdecimal() and not each.isascii() for each in {*content.tobytes().decode("utf-8")})


def _after(those: NDArray[np.bool_], bytes_: int) -> NDArray[np.bool_]:
    """What stands so many bytes behind one of those."""
    return np.concatenate([np.zeros(bytes_, dtype=bool), those])[: len(those)]


def _filled(cells: Any, text: Any) -> Any:
    """Cells with the digits of a text that has as many in each."""
    content = raw(cells)[2].copy()
    own = raw(text)[2]
    content[_are_digits(content)] = own[_are_digits(own)]
    return _with_bytes(cells, content)


def _counts(text: Any) -> NDArray[np.int64]:
    """How many digits each cell has."""
    return np.asarray(pc.fill_null(pc.count_substring_regex(text, "[0-9]"), 0), dtype=np.int64)


def _are_digits(content: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return content - np.uint8(ord("0")) < 10  # noqa: PLR2004 - what is below 0 wraps around to large numbers


def _with_bytes(text: Any, content: NDArray[np.uint8]) -> Any:
    """The same cells with other bytes."""
    begins, ends, _ = raw(text)
    valid = pa.py_buffer(np.packbits(np.asarray(text.is_valid()), bitorder="little").tobytes())
    places = pa.py_buffer(np.append(begins, ends[-1:]))
    return pa.Array.from_buffers(STRING, len(text), [valid, places, pa.py_buffer(content)])
