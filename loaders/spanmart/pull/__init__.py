"""Pulling: what a vendor's API holds, page by page into the same landing as files.

`pull` (engine.py) asks one vendor for some hours at a time, lands what it gets, and remembers up to
where it has read. A vendor is one module here (`VENDORS`) that says where it is, which streams it
has, and how their pages follow each other.
"""

from __future__ import annotations

VENDORS = ("langfuse", "langsmith", "phoenix", "mlflow")
