"""
What replies mean, to which text each of them answers, and who wishes to opt out.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import INSTANT, STRING, TEXT
from smsframe.audience.received import WHOLE
from smsframe.phones.match import keys
from smsframe.texts import stop_words
from smsframe.texts.stop_words import MEANINGS, OPT_OUT, OTHER, REVIEW

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

COLUMNS: dict[str, Any] = {
    "received_at": INSTANT,
    "sms_phone": TEXT,
    "sender": TEXT,
    "text": TEXT,
    "recipient": TEXT,
    "meaning": pd.CategoricalDtype([*MEANINGS]),
    "word": TEXT,
    "sms_campaign": TEXT,
    "sms_order_id": TEXT,
    "sms_attempt": "Int64",
    "sms_sent_at": INSTANT,
}
"""The frame of replies."""

CLOCKS = timedelta(minutes=1)
"""By how much two clocks may differ without being set right."""

SKEW = timedelta(minutes=10)
"""How long after a reply a text may seem to have left, when nothing before it was sent to that number."""


def read(texts: pd.Series[Any], words: frozenset[str]) -> pd.DataFrame:
    """``meaning`` and ``word`` of each text; a missing one is ``other``."""
    different = pa.array(texts, STRING, from_pandas=True).dictionary_encode()
    said = different.dictionary
    looked_for = {word for word in words | stop_words.UNSOURCED if word.isascii()}
    begin = "|".join(sorted("[^a-z0-9]+".join(word.split()) for word in looked_for))
    # Nearly all replies are ASCII without any of these words, which is seen of all at once.
    maybe = pc.or_(
        pc.invert(pc.string_is_ascii(said)), pc.match_substring_regex(said, begin, ignore_case=True)
    )
    meaning, word = np.full(len(said) + 1, OTHER, dtype=object), np.full(len(said) + 1, None, dtype=object)
    for place in np.flatnonzero(maybe.to_numpy(zero_copy_only=False)):
        meaning[place], word[place] = stop_words.read(said[int(place)].as_py(), words)
    code = pc.fill_null(different.indices, len(said)).to_numpy(zero_copy_only=False)
    return pd.DataFrame(
        {
            "meaning": pd.Categorical(meaning[code], categories=[*MEANINGS]),
            "word": pd.array(word[code], TEXT),
        },
        index=texts.index,
    )


def meanings(messages: pd.DataFrame, words: frozenset[str]) -> pd.DataFrame:
    """
    ``meaning`` and ``word`` of messages: of a sender that is no certain number, a stop word is for review.

    Args:
        messages: ``phone``, ``sender``, ``text`` and ``texted``, whether that number was texted.
        words: The stop words.
    """
    found = read(messages["text"], words)
    whole = messages["sender"].str.contains(WHOLE, regex=True).fillna(value=False).astype(bool)
    certain = messages["phone"].notna() & (whole | messages["texted"])
    found.loc[found["meaning"].eq(OPT_OUT) & ~certain, "meaning"] = REVIEW
    return found


def opting_out(messages: pd.DataFrame, words: frozenset[str], ahead: timedelta) -> pd.DataFrame:
    """
    Who opts out by these messages: ``id`` of the message, ``person``, ``phone``, ``why`` and ``since``.

    Args:
        messages: As `smsframe.journal.people.replies.Replies.frame` gives them, with ``texted``.
        words: The stop words.
        ahead: By how much this machine's clock is ahead of the gateway's: ``since`` (UTC) is by this
            machine's, and never later than the message was read.
    """
    found = meanings(messages, words)
    said = messages[found["meaning"].eq(OPT_OUT)]
    ahead = ahead if abs(ahead) > CLOCKS else timedelta(0)
    since = (said["received_at"] + ahead).fillna(said["read_at"])
    return pd.DataFrame(
        {
            "id": said["id"],
            "person": said["person"],
            "phone": said["phone"].astype(TEXT),
            "why": "replied " + found["word"][said.index],
            "since": since.where(since <= said["read_at"], said["read_at"]),
        }
    )


def joined(
    messages: pd.DataFrame, texts: pd.DataFrame, words: frozenset[str], ahead: timedelta
) -> pd.DataFrame:
    """
    Replies with the text that each of them answers: the latest one that left to that number before it.

    Args:
        messages: As `smsframe.journal.people.replies.Replies.frame` gives them.
        texts: As its ``texts_to``.
        words: The stop words.
        ahead: By how much this machine's clock is ahead of the gateway's, by which messages are dated.

    Returns:
        `COLUMNS`, a row per message, in their order; who was never texted has no campaign.
    """
    ahead = ahead if abs(ahead) > CLOCKS else timedelta(0)
    moved = texts["at"].where(texts["scheduled"], texts["at"] - ahead).astype(INSTANT)
    moved = moved.dt.floor("s").astype(INSTANT)  # as the gateway dates messages: in the same second is after
    sent = texts.assign(at=moved, sms_sent_at=texts["at"], person=texts["person"].astype("int64"))
    sent = sent[sent["at"].notna()].sort_values("at", kind="stable")
    when = messages["received_at"].fillna(messages["read_at"]).astype(INSTANT)
    asked = pd.DataFrame({"when": when, "person": messages["person"].fillna(-1).astype("int64")})
    asked = asked.assign(place=range(len(asked))).sort_values("when", kind="stable")
    sent = sent.reset_index(drop=True)
    right = sent[["at", "person"]].assign(text=range(len(sent)))
    answered = _matched(asked, right, "backward", None)
    alone = answered < 0  # nothing left to them before
    answered[alone] = _matched(asked[alone], right, "forward", SKEW)
    place = np.full(len(asked), -1, dtype=np.intp)
    place[asked["place"].to_numpy()] = answered
    facts = sent.reindex(pd.Index(place).where(place >= 0, len(sent))) if len(sent) else sent.reindex(place)
    said = meanings(
        messages.assign(texted=messages["person"].isin(texts["person"]).fillna(value=False)), words
    )
    columns = {
        **{name: messages[name] for name in ("received_at", "sender", "text", "recipient")},
        "sms_phone": messages["phone"],
        "meaning": said["meaning"],
        "word": said["word"],
        "sms_campaign": facts["campaign"].array,
        "sms_order_id": facts["order_id"].array,
        "sms_attempt": facts["attempt"].array,
        "sms_sent_at": facts["sms_sent_at"].array,
    }
    return pd.DataFrame({name: columns[name] for name in COLUMNS}).astype(COLUMNS)


def _matched(
    asked: pd.DataFrame,
    texts: pd.DataFrame,
    direction: Literal["backward", "forward"],
    tolerance: timedelta | None,
) -> NDArray[np.intp]:
    """The number of the nearest text to each person before or after a time, -1 where there is none."""
    if texts.empty or asked.empty:
        return np.full(len(asked), -1, dtype=np.intp)
    found = pd.merge_asof(
        asked, texts, left_on="when", right_on="at", by="person", direction=direction, tolerance=tolerance
    )
    return found["text"].fillna(-1).to_numpy(dtype=np.intp, copy=True)


def of_rows(replies: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The replies to the texts of some rows of results, each under the label of its row."""
    place = pd.DataFrame(
        {
            "sms_campaign": rows["sms_campaign"].astype(object).to_numpy(),
            "person": keys(rows["sms_phone"].astype(TEXT)),
            "row": range(len(rows)),
        }
    )
    place = place[place["person"].ne(0) & place["sms_campaign"].notna()].drop_duplicates(
        ["sms_campaign", "person"]
    )
    known = replies.assign(
        person=keys(replies["sms_phone"]), sms_campaign=replies["sms_campaign"].astype(object)
    )
    found = known.merge(place, on=["sms_campaign", "person"], how="inner")
    found = found.sort_values("received_at", kind="stable").astype({"sms_campaign": TEXT})
    return found[[*COLUMNS]].set_axis(rows.index[found["row"]], axis=0)


def raw(messages: pd.DataFrame) -> pd.DataFrame:
    """Messages whose fields nobody has named: one column per field, as text, and ``read_at``."""
    rows = pd.DataFrame([json.loads(row) for row in messages["raw"]]).reset_index(drop=True)
    text = {name: [_written(value) for value in rows[name].astype(object)] for name in rows}
    frame = pd.DataFrame({name: pd.array(column, TEXT) for name, column in text.items()})
    return frame.assign(read_at=messages["read_at"].array)


def clock_ahead(now: datetime, date: datetime | None) -> timedelta:
    """By how much this machine's clock is ahead of the gateway's; none where that did not say."""
    return timedelta(0) if date is None else now - date


def _written(value: Any) -> str | None:
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return None
    return value if isinstance(value, str) else json.dumps(value)
