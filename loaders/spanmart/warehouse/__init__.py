"""The warehouse seen from the command line: run dbt on it, publish it whole, read it."""
