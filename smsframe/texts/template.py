"""
Texts with merge fields, parsed.

``{name}`` is the value of the column ``name``, ``{name:friend}`` has a default for rows without one, ``{{``
and ``}}`` are braces. A name with a colon or a brace in it stands in quotation marks, ``{"Check-in: date"}``,
where a quotation mark of its own is doubled, as in CSV. That is the whole language: nothing is evaluated and
no attribute is looked up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from smsframe.arrow import BROKEN
from smsframe.errors import TextError
from smsframe.masking import mask
from smsframe.texts.segments import LONGEST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

PLACEHOLDER = "${"  # how the gateway's paramsms call writes a field
# Control characters but for tab, line and form feed and return; U+FFFD is what lone surrogates have become.
UNSENDABLE = f"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f{BROKEN}]"

_QUOTED = r'"(?:[^"]|"")+"'
_TOKEN = re.compile(rf"\{{\{{|\}}\}}|\{{({_QUOTED}(?::[^{{}}]*)?|[^{{}}]*)\}}|[{{}}]|[^{{}}]+")
_QUOTED_FIELD = re.compile(rf"({_QUOTED})(?::([^{{}}]*))?")
# Python's formats of numbers, alignment and dates: written like a default, and never meant as one.
_FORMAT = re.compile(r"[,_]|.?[<>=^]\d+\D*|\d+[dfeE]|[df]|[,_+ ]?\.\d+[a-zA-Z%]|(?:%[a-zA-Z][^%\w]*)+")


@dataclass(frozen=True, slots=True)
class Field:
    """
    One merge field.

    Attributes:
        name: The label of its column.
        default: The text for a row without a value, or None when such a row is invalid.
    """

    name: str
    default: str | None = None

    def written(self) -> str:
        """
        As it is written in a template.

        Example:
            >>> Field("name", "friend").written(), Field("Check-in: date").written()
            ('{name:friend}', '{"Check-in: date"}')
        """
        quoted = self.name[:1] == '"' or any(mark in self.name for mark in ":{}")
        name = '"' + self.name.replace('"', '""') + '"' if quoted else self.name
        return f"{{{name}}}" if self.default is None else f"{{{name}:{self.default}}}"


@dataclass(frozen=True, slots=True)
class Template:
    """
    A parsed text.

    Attributes:
        source: The text as it was written; this string is its identity.
        parts: Literal strings and fields, in order.
        slots: The different fields in order of appearance: one that appears twice is one slot, one that
            appears with two defaults is two.
    """

    source: str
    parts: tuple[str | Field, ...]
    slots: tuple[Field, ...]

    @property
    def constant(self) -> str:
        """All text outside of fields: the part that every text has."""
        return "".join(part for part in self.parts if isinstance(part, str))

    def refuse_two_readings(self, labels: AbstractSet[str]) -> None:
        """
        Refuse a field that is one column, and word for word the name of another.

        Raises:
            TextError: With columns ``Check-in`` and ``Check-in: date``, ``{Check-in: date}`` may be both.
        """
        for token in _TOKEN.finditer(self.source):
            content = token[1]
            if content is None or content not in labels:
                continue
            field = _field(content, token.start() + 1)
            if content == field.name or field.name not in labels:
                continue
            ways = {content: Field(content).written(), field.name: field.written()}
            if field.default is not None:
                quoted = field.name.replace('"', '""')
                ways[field.name] = f'{{"{quoted}":{field.default}}}'
            clear = [
                f"write {mask(way)} for the column {mask(repr(name))}"
                for name, way in ways.items()
                if way != token[0]
            ]
            raise TextError(
                f"The field at character {token.start() + 1} may be two columns: {', '.join(clear)}, "
                "or rename one of them."
            )

    @property
    def fields(self) -> tuple[str, ...]:
        """The column label of every slot; empty when the text is the same for all."""
        return tuple(slot.name for slot in self.slots)

    def filled(self, values: Sequence[str]) -> str:
        """
        The text of one recipient, for gateways that fill nothing themselves.

        Args:
            values: The value of each slot, in their order.

        Example:
            >>> parse("Ciao {name}, {{!}}").filled(["Ada"])
            'Ciao Ada, {!}'
        """
        of = dict(zip(self.slots, values, strict=True))
        return "".join(part if isinstance(part, str) else of[part] for part in self.parts)

    def wire(self, placeholder: str = "${%s}") -> str:
        """
        The message as the gateway takes it: slots are ``${f1}``, ``${f2}``, … (smSend docs, POST paramsms).

        Args:
            placeholder: How another gateway writes the field ``%s``.

        Example:
            >>> parse("Ciao {name}, {{!}}").wire()
            'Ciao ${f1}, {!}'
        """
        names = {slot: placeholder % f"f{place}" for place, slot in enumerate(self.slots, 1)}
        return "".join(part if isinstance(part, str) else names[part] for part in self.parts)


def parse(source: str, longest: int = LONGEST) -> Template:
    """
    Parse a template.

    Args:
        source: The text, with fields.
        longest: Units that the gateway takes.

    Returns:
        The template.

    Raises:
        TextError: It is no string, or blank; a brace is unbalanced; a field is empty, or has a format
            instead of a default; it holds ``${``, a lone surrogate or a control character; its constant part
            alone is over the gateway's limit. The message says at which character.

    Example:
        >>> parse("Ciao {name:amico}!").parts
        ('Ciao ', Field(name='name', default='amico'), '!')
    """
    if not isinstance(source, str):
        raise TextError(f"The text must be a string, not {type(source).__name__}.")
    template = _parsed(source)
    length = max(len(template.constant), *(len(slot.default or "") for slot in template.slots), 0)
    if length > longest:
        # No row could be sent, and a long text times many rows would fill the memory before anybody says so.
        raise TextError(
            f"The text has {length:,} characters without its values, and the gateway takes {longest:,}; "
            "shorten it."
        )
    return template


@lru_cache(maxsize=32)  # a call needs the same one for its plan, before it sends, and for each order
def _parsed(source: str) -> Template:
    if not source.strip():
        raise TextError("The text is empty; write what people should read.")
    _refuse_unsendable(source)
    parts: list[str | Field] = []
    for token in _TOKEN.finditer(source):
        if token[1] is not None:
            parts.append(_field(token[1], token.start() + 1))
            continue
        literal = {"{{": "{", "}}": "}"}.get(token[0], token[0])
        if token[0] in {"{", "}"}:
            raise TextError(
                f"The {token[0]} at character {token.start() + 1} has no partner; a field is written "
                f"{{name}}, and a brace that people should read {token[0] * 2}."
            )
        if parts and isinstance(parts[-1], str):
            parts[-1] += literal
        else:
            parts.append(literal)
    slots = tuple(dict.fromkeys(part for part in parts if isinstance(part, Field)))
    return Template(source, tuple(parts), slots)


def written(parts: tuple[str | Field, ...]) -> str:
    """
    The source that `parse` reads as these parts.

    Example:
        >>> written(("{", Field("name", "amico"), "}"))
        '{{{name:amico}}}'
    """
    return "".join(
        part.replace("{", "{{").replace("}", "}}") if isinstance(part, str) else part.written()
        for part in parts
    )


def _refuse_unsendable(source: str) -> None:
    if (place := source.find(PLACEHOLDER)) >= 0:
        raise TextError(
            f"The text has ${{ at character {place + 1}, which is how the gateway writes fields; write "
            "{name} alone, and an amount as USD {amount}."
        )
    if broken := re.search(f"[\ud800-\udfff]|{UNSENDABLE}", source):
        raise TextError(
            f"Character {broken.start() + 1} of the text cannot be sent: it is half of one, a control "
            "character, or stands for one that could not be read; type it again."
        )


def _field(content: str, position: int) -> Field:
    if quoted := _QUOTED_FIELD.fullmatch(content):
        name, colon, default = quoted[1][1:-1].replace('""', '"'), quoted[2] is not None, quoted[2] or ""
    else:
        name, mark, default = content.partition(":")
        colon = bool(mark)
    if not name.strip():
        raise TextError(
            f"The field at character {position} has no name; write the label of a column, as in {{name}}, "
            "or {{ and }} for braces."
        )
    if _FORMAT.fullmatch(default):
        raise TextError(
            f"The field {mask(repr(name))} at character {position} has a format; what follows the colon is "
            "the default for rows without a value, so format the column before."
        )
    return Field(name, default if colon else None)
