"""spanmart: raw span exports of LLM applications, landed for a dbt warehouse."""

__version__ = "0.2.0"
