"""Landing: export files in, Parquet out, every record once and nothing on disk that was not
redacted."""

from spanmart.landing.engine import land
from spanmart.landing.results import FileResult, LandResult

__all__ = ["FileResult", "LandResult", "land"]
