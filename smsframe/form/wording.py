"""
Messages of the library in the words of the form and the page: what can be clicked, not what Python calls it.

The library says ``pass region=`` and ``go on with smsframe.resume('autumn')``, which is what people type in a
notebook. At a form they choose and click. Every error, reason and card that a form shows comes through here.
"""

from __future__ import annotations

import re

from smsframe.clock import machine_zone
from smsframe.formatting import WRITTEN_DATE, dates_in_words

WHOLE = {
    "pass region= with the country or the column that has it": "choose its country above",
    "add it, or pass region=": "add it, or choose the country",
    "pass region=": "choose the country",
    ", or pass gateway=": "",
    "Name a file on a local disk with journal= or SMSFRAME_JOURNAL, or, if": "Have a file on a local disk "
    "named where smsframe was set up; or, if",
    "name another file with journal= or SMSFRAME_JOURNAL": "have another file named where smsframe "
    "was set up",
    " (see .orders)": "",
    "name its journal with journal=; or, if that is lost, take the orders over with adopt=True": "it was "
    "sent from elsewhere too. Go on with it there, or ask the person who set up smsframe",
    " To try without an account: with smsframe.Sandbox() as sandbox: ... gateway=sandbox.gateway()": "",
    " that was given with suppress=": "",
    " of suppress=": " of another list",
    "a rule of the schema that was given with schema=": "a rule for this table",
    "a rule of your schema": "a rule for this table",
    "needs more segments than max_segments allows": "needs more segments than are allowed",
    "text needs more segments than max_segments": "text needs more segments than are allowed",
    "Shorten it, or raise max_segments": "Shorten it",
    "The column that schedule= names": "The column of times",
    "The hours of schedule= allow": "The hours allow",
    "growing steps (ramp=)": "growing steps",
    "not sent yet; send again or resume the campaign": "not sent yet; Continue sends it",
    "The same call again, or smsframe.resume, sends it": "Continue sends it",
    "send, or resume, with a later schedule=": "choose a later time, then continue",
    ", or follow it with smsframe.watch": "",
    "by an earlier call of this campaign": "earlier in this campaign",
    "By this call nothing was sent": "Nothing was sent",
    "no other call does": "nothing else does",
    "Read the file with its right encoding, or make the value a text": "Correct it in the spreadsheet",
    "or is a list or an object instead of a word": "or is no word",
    "a broken or a control character": "a character that cannot be sent",
    "another client must have all that": "",
    "phone=, the column to text": "the phone column",
    "say phone= which to text": "choose the phone column",
    "smsframe never sends at once instead": "nothing is ever sent at once instead",
    "smsframe.cancel asks again": "Cancel asks again",
    "smsframe.resend texts": "another campaign texts",
    "before its time; reschedule sends it at another": "before its time; a campaign of another name can text",
    "smsframe.reschedule sends it at another time; no other call does": "A campaign of another name can text "
    "the person",
}
"""Where more than a word is said in another way."""

WORDS = (
    (r"\s*\(HTTP \d+\)", ""),
    (r"\bHTTP \d+", "an error"),
    (r"[Gg]o on with smsframe\.resume\([^()]*\)", "Continue goes on with it"),
    (r"\b(?:smsframe\.)?resume\(unconfirmed=[^()]*\)", "Continue"),
    (r"\bsmsframe\.resume\b(?:\([^()]*\))?", "Continue"),
    (r"\bsmsframe\.cancel\b(?:\([^()]*\))?", "Cancel"),
    (r"\bsmsframe\.withdraw\b(?:\([^()]*\))?", "Drop"),
    (r"(?<=; )resume (?=\w+s )", "Continue "),
    (r"\b[Rr]esume (?=the campaign|it\b|them\b)", "continue "),
    (r"\b[Rr]esume\b", "Continue"),
    (r"\bconfirm=[\d,]+, but ", "It changed meanwhile: "),
    (r"\bcall again\b", "try again"),
    (r"\bthis call\b", "this run"),
    (r"\b([Aa])nother process\b", r"\1nother page or program"),
    (r"\bprocess\b", "program"),
    (r"\b(the|this|another|its|own) journals?\b", r"\1 record of campaigns"),
    (r"\bjournal\b", "record of campaigns"),
    (r"\bthis frame\b", "this table"),
    (r"\bGSM-7\b", "the standard alphabet"),
    (r"\bUCS-2\b", "the extended alphabet"),
    (r"\bcampaign=", "the campaign name"),
    (r" (?:for|of) type [A-Z]{1,3}\b", ""),
)
"""Words that nobody at a form needs to know, and theirs."""

_QUOTED = re.compile(r"(?<!\w)(?:\"[^\"]*\"|'[^']*')(?!\w)|(?<![^\s(])(?:/|[A-Za-z]:\\)[^\s,;:()]+")
"""Names of somebody's own, and paths."""
_PYTHON = re.compile(
    r"\bsmsframe\.\w+|(?<![\w.?&/-])[a-z]+(?:_[a-z]+)*=(?!=)|\.\w+\("
    r"|\b\w+_\w+\(|(?<!\w)\.[a-z]+s\b|\bpip install\b"
)
_CLAUSES = re.compile(r"(?<=[;:,.])\s+")

ASK = "This cannot be done here: ask the person who set up smsframe."


def in_form_words(message: str) -> str:
    """
    A message of the library, as somebody reads it who clicks.

    What only Python can do is left out: nobody at a form could follow it.

    Example:
        >>> in_form_words("the gateway does not answer (HTTP 503): go on with smsframe.resume('autumn')")
        'the gateway does not answer: Continue goes on with it'
        >>> in_form_words("the journal cannot be read: name another file, or say journal=")
        'the record of campaigns cannot be read: name another file'
        >>> in_form_words("2 numbers are on the list of this journal (/home/ada/journal.sqlite)")
        '2 numbers are on the list of this record of campaigns (/home/ada/journal.sqlite)'
    """
    for python, words in WHOLE.items():
        message = message.replace(python, words)
    # A name of somebody's own may look like anything.
    for pattern, words in WORDS[:6]:  # calls, whose arguments are in quotes
        message = re.sub(pattern, words, message)
    parts = _QUOTED.split(message)
    quoted = _QUOTED.findall(message)
    message = parts[0] + "".join(f"\0{place}\0{part}" for place, part in enumerate(parts[1:]))
    for pattern, words in WORDS[6:]:
        message = re.sub(pattern, words, message)
    if _PYTHON.search(message):
        message = " ".join(part for part in _CLAUSES.split(message) if not _PYTHON.search(part))
        message = message.rstrip(" ,;:") or ASK
    if WRITTEN_DATE.search(message):
        message = dates_in_words(message, machine_zone())
    return re.sub("\0(\\d+)\0", lambda found: quoted[int(found[1])], message)
