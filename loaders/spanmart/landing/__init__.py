"""Landing: export files in, Parquet out, every record once and nothing on disk that was not
redacted."""

from spanmart.landing.engine import FileResult, LandResult, land

__all__ = ["FileResult", "LandResult", "land"]
