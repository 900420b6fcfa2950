"""
Parquet files, measured before their columns are made.

A few kilobytes of Parquet can say "this text, a billion times": values are kept once and counted. So text is
read as it is kept, and measured, before it is written out row by row.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from smsframe.arrow import NULLABLE
from smsframe.errors import ContactsError
from smsframe.masking import mask

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from smsframe.contacts.file_limits import Limits

_TEXTS = (pa.string(), pa.binary())  # what Arrow can read as it is kept


def read(file: IO[bytes], limits: Limits, *, dtype: Mapping[str, Any] | None, **options: Any) -> pd.DataFrame:
    """
    Read a Parquet file; its columns keep the types they have.

    Args:
        file: The file, opened.
        limits: What it may hold.
        dtype: Columns of other types.
        options: Anything else that `pyarrow.parquet.read_table` takes.

    Raises:
        ContactsError: It is damaged, or holds more than it may.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415 - slow to load, and seldom needed

    options.pop("header", None)  # its columns always have names
    try:
        with pq.ParquetFile(file) as parquet:
            _measure(parquet.metadata, limits, options.get("columns"))
            texts = [field.name for field in parquet.schema_arrow if field.type in _TEXTS]
        file.seek(0)
        table = pq.read_table(file, **{"read_dictionary": texts, **options})
        table = _written_out(table, texts if "read_dictionary" not in options else [], limits)
        frame = _as_pandas(table)
        return frame.astype(dict(dtype or {}))
    except ContactsError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        why = mask((str(error) or type(error).__name__).splitlines()[0])
        raise ContactsError(f"{limits.name} cannot be read as Parquet: {why}") from None


def _as_pandas(table: Any) -> pd.DataFrame:
    """The table with its index and dtypes, as far as pandas can read its own notes of them."""
    try:
        frame: pd.DataFrame = table.to_pandas(types_mapper=NULLABLE.get)
    except (TypeError, ValueError):  # it cannot read what it calls structs, lists and maps
        frame = table.to_pandas(types_mapper=NULLABLE.get, ignore_metadata=True)
    return frame


def _measure(metadata: Any, limits: Limits, columns: Any) -> None:
    """Refuse what the file itself says is too much; lists in a cell count by their values."""
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    parts = [group.column(place) for group in groups for place in range(group.num_columns)]
    width = len(columns) if isinstance(columns, list) else metadata.num_columns
    if columns is not None:
        parts = [part for part in parts if part.path_in_schema.partition(".")[0] in columns]
    limits.check_cells(metadata.num_rows, width)
    limits.check_count(sum(part.num_values for part in parts), "values")
    limits.check_bytes(sum(part.total_uncompressed_size for part in parts))


def _written_out(table: Any, texts: list[str], limits: Limits) -> Any:
    """The table with each text in its row, instead of once and counted."""
    kept = [name for name in texts if name in table.column_names]
    size = 0
    for name in kept:
        for chunk in table.column(name).chunks:
            lengths = pc.binary_length(chunk.dictionary)
            size += pc.sum(lengths.take(chunk.indices).cast(pa.int64())).as_py() or 0
        limits.check_bytes(size)
    for name in kept:
        place = table.schema.get_field_index(name)
        field = table.schema.field(place)
        plain = field.with_type(field.type.value_type)
        table = table.set_column(place, plain, table.column(name).cast(plain.type))
    return table
