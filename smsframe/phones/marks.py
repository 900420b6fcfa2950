r"""
What stands between the digits of a number: what separates, what divides two numbers, what hides a digit.

libphonenumber skips whatever is in ``SKIPPED`` between two digits: so `+43 664 ***4567` would be a number of
fewer digits, somebody else's. For each of these characters it is decided here whether people write it as a
separator. ``docs/phone-columns.md`` shows the decisions; a test compares ``SKIPPED`` with the library itself.
"""

from __future__ import annotations

from typing import Final

SEPARATES: Final = "separates groups of digits"
UNSEEN: Final = "is not seen; removed, and the repair is said"
DIVIDES: Final = "separates groups, or two numbers: the digits before and after it decide"
HIDES: Final = "stands for hidden digits, or for a range; the number is refused"

SKIPPED: Final[dict[str, str]] = {
    **dict.fromkeys(" ()[]-.", SEPARATES),
    **dict.fromkeys("\N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}", SEPARATES),
    **dict.fromkeys("\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{FIGURE DASH}\N{EN DASH}\N{EM DASH}", SEPARATES),
    **dict.fromkeys("\N{HORIZONTAL BAR}\N{MINUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}", SEPARATES),
    "\N{KATAKANA-HIRAGANA PROLONGED SOUND MARK}": SEPARATES,  # the key of the hyphen on a Japanese keyboard
    **dict.fromkeys("\N{FULLWIDTH LEFT PARENTHESIS}\N{FULLWIDTH RIGHT PARENTHESIS}", SEPARATES),
    **dict.fromkeys("\N{FULLWIDTH LEFT SQUARE BRACKET}\N{FULLWIDTH RIGHT SQUARE BRACKET}", SEPARATES),
    "\N{FULLWIDTH FULL STOP}": SEPARATES,
    **dict.fromkeys("\N{SOFT HYPHEN}\N{ZERO WIDTH SPACE}\N{WORD JOINER}", UNSEEN),
    **dict.fromkeys("/\N{FULLWIDTH SOLIDUS}", DIVIDES),
    "*": HIDES,
    # "8~10" is how one dials out of Russia, and is read; "5678~80" is a range in East Asia.
    **dict.fromkeys("~\N{SWUNG DASH}\N{TILDE OPERATOR}\N{FULLWIDTH TILDE}", HIDES),
}
"""What libphonenumber skips between digits, but for letters, and what people mean by it."""

HIDING: Final = (
    "["
    r"%*?_~\x{B7}\x{BF}\x{D7}\x{37E}\x{55E}\x{61E}\x{61F}\x{66A}\x{66D}\x{1367}\x{1801}\x{1805}\x{1945}"
    r"\x{2017}"
    r"\x{2022}-\x{2026}\x{203D}\x{203F}\x{2040}\x{2042}\x{2043}\x{2047}-\x{2049}\x{204C}-\x{204E}\x{2051}"
    r"\x{2053}-\x{2056}\x{2058}-\x{205B}\x{205D}\x{205E}\x{20DD}-\x{20DF}\x{20E2}\x{20E4}"
    r"\x{2217}-\x{2219}\x{223C}\x{2299}-\x{229B}\x{22A1}\x{22C5}\x{22C6}\x{22EE}-\x{22F1}\x{2327}\x{237F}"
    r"\x{2395}\x{23F8}-\x{23FA}\x{2580}-\x{259F}\x{25A0}-\x{25B1}\x{25C6}-\x{25FF}"  # not triangles
    r"\x{2605}\x{2606}\x{2610}-\x{2613}\x{2619}\x{26AA}-\x{26AC}\x{2715}-\x{2718}\x{271A}-\x{2756}\x{2765}"
    r"\x{2767}"
    r"\x{27E0}-\x{27E3}\x{2801}-\x{28FF}\x{29BE}\x{29BF}\x{29C6}\x{2A00}\x{2A6E}"
    r"\x{2B12}-\x{2B2F}\x{2B50}-\x{2B59}\x{2BBD}\x{2BBE}\x{2BC0}-\x{2BCB}\x{2CFA}\x{2CFB}\x{2E18}"
    r"\x{2E2A}-\x{2E2E}\x{2E31}\x{2E3A}\x{2E3B}\x{2E54}"
    r"\x{301C}\x{3030}\x{30FB}\x{A60F}\x{A673}\x{A6F7}\x{FE16}\x{FE19}\x{FE30}\x{FE33}\x{FE34}"
    r"\x{FE4D}-\x{FE4F}\x{FE56}\x{FE61}\x{FE6A}\x{FF05}\x{FF0A}\x{FF1F}\x{FF3F}\x{FF5E}\x{FF65}\x{FFED}"
    r"\x{FFEE}"
    r"\x{FFFC}\x{FFFD}\x{10B3A}-\x{10B3D}\x{11143}\x{12473}\x{1E95F}\x{1F31F}\x{1F4A0}\x{1F518}\x{1F52F}"
    r"\x{1F532}-\x{1F539}"
    r"\x{1F780}-\x{1F7EB}\x{1FB00}-\x{1FB9F}\x{1FBB5}-\x{1FBB8}\x{1FBC4}"
    "]"
)
"""
Whatever stands for a digit that is not shown, wherever it stands, as a class of RE2: asterisks, question
marks, ellipses, low lines, tildes, bullets, blocks, squares, circles, diamonds, stars, crosses, dots.
"""

REFUSING: Final = (
    r"[\x{D7}\x{335}-\x{338}\x{33D}\x{353}\x{36F}\x{16ED}\x{1AB5}\x{1DFB}\x{2020}\x{2021}\x{205C}"
    r"\x{20D2}\x{20D3}\x{20D8}-\x{20DA}\x{20E0}\x{20E5}\x{20E6}\x{20EB}\x{2205}\x{2297}\x{2298}\x{22A0}"
    r"\x{2327}"
    r"\x{24B3}\x{24CD}\x{24E7}\x{2573}\x{2612}\x{2613}\x{2620}\x{2626}\x{2628}\x{2629}\x{2670}\x{2671}"
    r"\x{26B0}\x{26B1}\x{26CC}\x{26D2}\x{26D4}\x{26DD}\x{26FC}\x{270B}\x{2715}-\x{2720}\x{274C}\x{274E}"
    r"\x{292B}\x{292C}\x{29BB}\x{2A02}\x{2A09}\x{2A2F}\x{2A36}\x{2A38}\x{2B59}\x{2BBD}-\x{2BBF}"
    r"\x{2E36}-\x{2E38}\x{2E4B}\x{2E50}\x{2E51}\x{1F127}\x{1F147}\x{1F167}\x{1F187}\x{1F232}\x{1F44E}"
    r"\x{1F480}"
    r"\x{1F4F5}\x{1F507}\x{1F515}\x{1F51E}\x{1F540}-\x{1F542}\x{1F546}-\x{1F548}\x{1F571}\x{1F572}\x{1F590}"
    r"\x{1F591}\x{1F593}\x{1F595}\x{1F5BE}\x{1F5D1}\x{1F5D9}\x{1F5F4}-\x{1F5F7}\x{1F645}\x{1F6AB}\x{1F6AD}"
    r"\x{1F6AF}\x{1F6B1}\x{1F6B3}\x{1F6B7}\x{1F6C7}\x{1F6D1}\x{1F7A1}-\x{1F7AE}\x{1F900}-\x{1F902}\x{1F91A}"
    r"\x{1FAA6}\x{1FBBB}\x{1FBBD}\x{1FBC0}]"
)
"""Signs that somebody is not to be texted: no entry, crossed out, struck through, a raised hand, dead."""

_SPACED: Final = r"[ ()\[\].\-\x{2010}-\x{2015}\x{2212}\x{30FC}\x{FF0D}]*"
_DASHES: Final = r"\-\x{2010}-\x{2015}\x{2212}\x{30FC}\x{FF0D}"
_DASH: Final = f"[{_DASHES}]"
# Two of them at an end; one may be a picture of a telephone.
_MARK: Final = r"(?:[\p{So}\p{Sk}\p{Sc}!@=^$\\\x{A7}\x{B6}\x{2020}\x{2021}]|[^\P{Sm}+|\x{2212}])"
HIDDEN: Final = (  # also any symbol between digits
    rf"{HIDING}"
    r"|[0-9][^+\p{L}]*(?:[\p{So}\p{Sk}\p{Pc}\p{Sc}]|[^\P{Sm}+|\x{2212}])[^+\p{L}]*[0-9]"
    r"|[.\x{FF0E}] *[.\x{FF0E}]"  # one dot separates, more hide
    rf"|{_DASH} *{_DASH} *{_DASH}"  # and so with dashes, of which people type two
    rf"|[0-9]{_SPACED}{_MARK}(?: *{_MARK})+[^0-9+\p{{L}}]*$"
    rf"|^[^0-9+\p{{L}}]*{_MARK}(?: *{_MARK})+{_SPACED}[0-9]"
    rf"|[0-9][^0-9+\p{{L}}]*{_DASH} *{_DASH}[^0-9+\p{{L}}]*$"
    r"|[\p{No}\p{Nl}]"  # a digit of another kind, as in a circle, that would be passed over
    # the frame of an area code that was not filled in
    rf"|\p{{Ps}}[ .,:;/|'\x{{2800}}\x{{FF0E}}{_DASHES}]*\p{{Pe}}"
    r"|\p{Ps} *\p{Ps}[^0-9+\p{L}]*$|^[^0-9+\p{L}]*\p{Pe} *\p{Pe}"
    rf"|[0-9]{_SPACED}(?:[xX]{{2,}}|#{{2,}})|(?:[xX]{{2,}}|#{{2,}}){_SPACED}[0-9]"
    # behind the digits a price or a degree, or one digit with its own mark: "0664 1234567 5!"
    rf"|[0-9]{_SPACED}[\p{{Sc}}\x{{B0}}]|[0-9][ (\[]+[0-9]{_SPACED}{_MARK}[ )\]]*$"
)
"""What hides a digit; before the plus it is only a bullet."""

BEFORE: Final = r"^(?:[^0-9+]*\+|[*\x{B7}\x{2022}\x{2023}\x{2043}\x{25A0}\x{25AA}\x{25CB}\x{25CF}\x{25E6}] +)"
"""What stands before a number and is no part of it: what is before the plus, or one bullet and a space."""

DOUBTING: Final = (
    r"[%?_~\x{BF}\x{D7}\x{37E}\x{55E}\x{61E}\x{61F}\x{66A}\x{1367}\x{1801}\x{1945}\x{2017}"
    r"\x{2024}-\x{2026}\x{203D}"
    r"\x{203F}\x{2040}\x{2047}-\x{2049}\x{2053}\x{2054}\x{223C}\x{22EE}-\x{22F1}\x{2753}\x{2754}\x{2CFA}"
    r"\x{2CFB}\x{2E18}\x{2E2E}\x{2E3A}\x{2E3B}\x{2E54}"
    r"\x{301C}\x{3030}\x{A60F}\x{A6F7}\x{FE16}\x{FE19}\x{FE30}\x{FE33}\x{FE34}\x{FE4D}-\x{FE4F}\x{FE56}"
    r"\x{FE6A}"
    r"\x{FF05}\x{FF1F}\x{FF3F}\x{FF5E}\x{11143}\x{1E95F}\x{1FBC4}]"
)
"""Question marks, low lines, ellipses, tildes, dashes of omission: none is a bullet before a plus."""

REPEATED: Final = (
    rf"^[^0-9+]*(?:{DOUBTING}|{HIDING}[^0-9+]*{HIDING})[^0-9+]*\+"
    r"|^[^0-9+]*(?:, *,|; *;|\| *\||& *&)|(?:, *,|; *;|\| *\||& *&)[^0-9]*$|/ */"
)
"""
More than one bullet before the plus, and separators of numbers twice outside the digits.

The others are found by `smsframe.phones.doubled`.
"""

TWO_LONG: Final = r"(?:[0-9][^0-9]*){6}[0-9][^0-9/]*/ */[^0-9]*(?:[0-9][^0-9]*){6}"
"""Two numbers with two slashes between them, as where there is a slash at the end of a line."""

MAY_REPEAT: Final = (
    rf"[^\PP()\[\]\x{{FF08}}\x{{FF09}}\x{{FF3B}}\x{{FF3D}}.\x{{FF0E}}{_DASHES}]|\p{{M}}|[^\PS+]"
)
"""Marks that say something where they are repeated: all but what only separates groups of digits."""

_GROUP: Final = r"[0-9](?:[ .:\-\x{2010}-\x{2015}]{0,3}[0-9]){0,3}"
REMARK: Final = (
    rf"(?:[0-9][^0-9]*){{7}}[(\[\x{{FF08}}\x{{FF3B}}] ?{_GROUP} ?[)\]\x{{FF09}}\x{{FF3D}}]$"
    r"|^[^()\[\]\x{FF08}\x{FF3B}]*(?:[0-9][^0-9()\[\]]*){7} [0-9]{1,2}[)\]\x{FF09}\x{FF3D}]$"
)
"""
A few digits in brackets behind a number: hours, a price, a note. People put brackets around what comes first.
"""

SEPARATING: Final = (
    r" ()\[\].\-\x{2010}-\x{2015}\x{2212}\x{30FC}\x{FF0D}\x{FF08}\x{FF09}\x{FF3B}\x{FF3D}\x{FF0E}"
)
"""What only separates groups of digits, once spaces are spaces; to stand in a class of RE2."""
