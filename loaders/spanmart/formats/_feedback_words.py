"""Whose word a score is, and of which kind, where its source gives no more than a name.

SQL expressions: what is sent through a vendor's API may be the thumb of a user or the verdict of a
program, and only the name that the application chose tells.
"""

from __future__ import annotations

_USERS_WORDS = (
    "feedback|thumb|rating|csat|nps|satisf|helpful"
    "|(^|[^a-z])(user|customer|votes?|stars?|likes?|reaction)([^a-z]|$)"
)
_THUMB_WORDS = "(thumbs?[ _-]?)?(up|down)|(dis)?likes?|👍|👎"


def is_said_by_user(name: str) -> str:
    """SQL: whether a score or a key of feedback is by its name the user's own word."""
    return f"coalesce(regexp_matches(lower({name}), '{_USERS_WORDS}'), false)"


def kind_of_user_feedback(name: str, score: str, words: str) -> str:
    """SQL: the kind of a user's word. A number of 1, 0 or -1 is a thumb, any other a rating."""
    return f"""case
            when regexp_matches(lower({name}), 'rating|csat|nps|stars?') and {score} is not null
                then 'rating'
            when {score} in (-1, 0, 1) then 'thumbs'
            when {score} is not null then 'rating'
            when regexp_full_match(lower(trim({words})), '{_THUMB_WORDS}') then 'thumbs'
            else 'free_text'
        end"""
