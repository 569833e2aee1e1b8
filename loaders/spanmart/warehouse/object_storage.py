"""How dbt and DuckDB read a landing place in object storage.

DuckDB reads S3 by itself only with an extension that it fetches from the network, and with
credentials of its own. Here it reads through the library that landing writes with: the same
settings, and nothing to fetch. As a plugin of dbt-duckdb (`module` in `profiles.yml`) this costs
nothing while the landing place is a folder.
"""

from __future__ import annotations

import os
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from spanmart.landing import objects
from spanmart.warehouse.bucket_files import make_readable


class Plugin(BasePlugin):
    """Called by dbt-duckdb for each connection that it opens."""

    def configure_connection(self, conn: Any) -> None:
        location = os.environ.get("SPANMART_LANDING", "")
        if objects.is_url(location):
            make_readable(conn, location)
