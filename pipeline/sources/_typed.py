"""Read a Parquet file into columns of cells: text that gives back each number to the last bit."""

from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.sources._delimited import Cells, whole

if TYPE_CHECKING:
    import pyarrow as pa


def read(data: bytes, name: str) -> Cells:
    """The cells of all columns of a Parquet file's bytes; messages call it `name`.

    InputError: a file that is none, columns of lists or bytes, a name twice.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.read_table(pa.BufferReader(data))
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{name}: given no Parquet file ({str(error)[:80]}), allowed one: write it anew") from None
    return of_table(table, name)


def of_table(table: "pa.Table", name: str) -> Cells:
    """The cells of a table that has types already; a column that is none of cells is told by whoever wants it."""
    import pyarrow as pa

    names = [called.strip() or f"column_{place}" for place, called in enumerate(table.column_names, 1)]
    faults = [
        f"{name}: given the column name {called!r} twice, allowed names that differ: rename one of them"
        for called in dict.fromkeys(called for called in names if names.count(called) > 1)
    ]
    if faults or not len(table):
        raise InputError("\n".join(faults) or f"{name}: given a Parquet file without rows, allowed one or more")
    types = dict(zip(names, table.schema.types, strict=True))
    unreadable = {called: str(kind) for called, kind in types.items() if _is_no_cell(kind)}
    blank = pa.array([""] * len(table), pa.large_string())
    columns = [
        blank if called in unreadable else _text(column) for called, column in zip(names, table.columns, strict=True)
    ]
    days = frozenset(called for called, kind in types.items() if pa.types.is_date(kind) or pa.types.is_timestamp(kind))
    return Cells(name, tuple(names), tuple(columns), unreadable=unreadable, days=days)


def _is_no_cell(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    tests = (pa.types.is_nested, pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    return any(test(kind) for test in (*tests, pa.types.is_duration, pa.types.is_interval))


def _text(column: "pa.ChunkedArray") -> "pa.Array":
    """One array of text: empty where there is nothing, dates as ISO 8601 in UTC, to the microsecond."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_float16(column.type) or pa.types.is_float32(column.type):
        column = column.cast(pa.float64())
    if pa.types.is_timestamp(column.type):
        column = pc.strftime(column.cast(pa.timestamp("us"), safe=column.type.unit != "ns"), "%Y-%m-%dT%H:%M:%S")
    return pc.utf8_trim_whitespace(whole(column).fill_null(""))
