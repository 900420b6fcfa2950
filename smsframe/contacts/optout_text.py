"""
The words by which people learn how to opt out, which a policy can require in every text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from smsframe.errors import TextError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smsframe.contacts.policy import Policy

Message = TypeVar("Message")


def optout_text_of(text: Any) -> str:
    """
    The words by which people learn how to opt out, checked.

    Raises:
        ValueError: They are no text, or have a placeholder.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError(
            f"optout_text={text!r} must be words that a text must have, such as 'STOP: reply STOP'"
        )
    if "{" in text or "}" in text:
        raise ValueError("optout_text= must be the same for everybody, without braces")
    return text.strip()


def require_optout_text(texts: Iterable[str | None], wanted: str | None) -> None:
    """
    Refuse texts without these words, if there are any.

    Raises:
        TextError: One lacks it; says what.
    """
    if wanted is None:
        return
    for text in texts:
        if isinstance(text, str) and text and _folded(wanted) not in _folded(text):
            raise TextError(
                f"the policy requires that a text says how to opt out, and this one does not: write "
                f"{wanted!r} into it, where it is counted in the segments; nothing was sent"
            )


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def with_optout_text(message: Message, policy: Policy | None) -> Message:
    """A text, several, or that of each variant, once each has the words that the policy requires."""
    if policy is not None:
        texts: Iterable[Any] = [message] if isinstance(message, str) else []
        texts = message.values() if isinstance(message, Mapping) else texts
        texts = message if isinstance(message, list) else texts
        require_optout_text(texts, policy.optout_text)
    return message
