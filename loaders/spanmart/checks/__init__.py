"""What must hold of what landed: measured in columns, judged by Great Expectations, kept as rows.

One pass of DuckDB over the Parquet files that are new gives a count for every expectation; Great
Expectations judges the counts. So its checkpoint takes half a second however much landed, and no
value of a record ever reaches a report.
"""
