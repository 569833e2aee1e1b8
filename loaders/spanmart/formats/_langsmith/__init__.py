"""What LangSmith's exports have in common: runs and feedback, however they come.

found.py      any container -> the relations `runs` and `judgements`
runs.py       runs -> spans
usage.py      what a run says of tokens, in the places where it may stand
feedback.py   feedback records -> feedback
"""

from __future__ import annotations

from spanmart.formats._langsmith.feedback import FEEDBACK
from spanmart.formats._langsmith.found import FOUND, NOTHING
from spanmart.formats._langsmith.runs import SPANS
from spanmart.formats._sql.reading import Queries

QUERIES = Queries(
    spans=f"with {FOUND}, {SPANS}",
    feedback=f"with {FOUND}, {FEEDBACK}",
    nothing=NOTHING,
)
