"""Ranges of the numbers that a user sets, as types to annotate arguments with."""

from typing import Annotated

from pydantic import Field

Count = Annotated[int, Field(ge=1, le=10_000_000)]
Whole = Annotated[int, Field(ge=0, le=2**31 - 1)]
Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0, le=1e6)]
NotNegative = Annotated[float, Field(ge=0, le=1e6)]
