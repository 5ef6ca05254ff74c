"""Read a Parquet file into columns of cells: text that gives back each number to the last bit."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.sources._delimited import Cells

if TYPE_CHECKING:
    import pyarrow as pa


def read(path: Path) -> Cells:
    """The cells of all columns. InputError: a file that is none, columns of lists or bytes, a name twice."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"{path.name}: given no Parquet file ({str(error)[:80]}), allowed one: write it anew"
        ) from None
    names = [name.strip() or f"column_{place}" for place, name in enumerate(table.column_names, 1)]
    faults = [
        f"{path.name}: column {name!r}: given {column.type}, allowed numbers, text, dates or true and false: drop it"
        for name, column in zip(names, table.columns, strict=True)
        if pa.types.is_nested(column.type) or pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)
    ]
    faults += [f"{path.name}: given the column name {name!r} twice, allowed names that differ: rename one of them"
               for name in {name for name in names if names.count(name) > 1}]  # fmt: skip
    if faults or not len(table):
        raise InputError("\n".join(faults) or f"{path.name}: given a Parquet file without rows, allowed one or more")
    return Cells(path.name, tuple(names), tuple(_text(column) for column in table.columns))


def _text(column: "pa.ChunkedArray") -> "pa.Array":
    """One array of text: empty where there is nothing, dates as ISO 8601 in UTC."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_float16(column.type) or pa.types.is_float32(column.type):
        column = column.cast(pa.float64())
    if pa.types.is_timestamp(column.type):
        column = pc.strftime(column.cast(pa.timestamp("us")), "%Y-%m-%dT%H:%M:%S")
    whole = pa.chunked_array(column.cast(pa.large_string())).combine_chunks()
    whole = whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)
    return pc.utf8_trim_whitespace(whole.fill_null(""))
