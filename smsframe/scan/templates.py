"""
The constant text of messages in a notebook's code: a number in it is a hotline, and not a person's.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SENDERS: Final = {"plan", "send", "start", "compose"}
"""The methods and functions of smsframe that take a text. Others are called so too: see `_is_message`."""


def message_texts(sources: Iterable[str]) -> list[str]:
    """
    The texts that the code of a notebook gives to smsframe, as far as they are written in it.

    A text is a string among the arguments of a call, or a name that a string was given to, in any cell.

    Args:
        sources: The code of its cells; what is not Python, a magic command say, is passed over.

    Example:
        >>> message_texts(["TEXT = 'Call 02 1234 5678'", "people.sms.plan(TEXT, campaign='autumn')"])
        ['Call 02 1234 5678']
    """
    trees = [tree for source in sources if (tree := _parsed(source)) is not None]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    assigned = dict(pair for node in nodes for pair in _assigned(node))
    calls = [node for node in nodes if isinstance(node, ast.Call) and _called(node.func) in _SENDERS]
    texts = [text for call in calls for value in _texts_of(call) for text in _strings(value, assigned)]
    return [text for text in texts if _is_message(text)]


def _is_message(text: str) -> bool:
    """Whether there are words in it: what is a number and nothing else may well be whom a message goes to."""
    return any(map(str.isalpha, text))


def _parsed(source: str) -> ast.Module | None:
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!", "?"))]
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError):
        return None


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, node.value


def _called(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def _texts_of(call: ast.Call) -> Iterator[ast.expr]:
    """The arguments that may be the text: one of the first two, or that of its name."""
    yield from call.args[:2]
    yield from (keyword.value for keyword in call.keywords if keyword.arg == "text")


def _strings(value: ast.expr, assigned: dict[str, ast.expr]) -> Iterator[str]:
    if isinstance(value, ast.Name):
        value = assigned.get(value.id, value)
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, (ast.BinOp, ast.JoinedStr, ast.Dict)):
        constants = (node for node in ast.walk(value) if isinstance(node, ast.Constant))
        yield from (node.value for node in constants if isinstance(node.value, str))
