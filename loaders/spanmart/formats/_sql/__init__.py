"""Formats that are one SQL statement over the records of a file.

A format's module holds what is special to it: how its files are recognised, and for spans and for
feedback a SELECT that says which field of the source is which column. Everything else is here:

    documents.py   JSON Lines, documents and arrays, Parquet and CSV -> a relation of records
    engine.py      the SQL engine, shut off from the world, with the macros of macros.sql
    rows.py        what the SELECT gave -> records as landing takes them, and rejects
    reading.py     these three in a row: `read`
"""
