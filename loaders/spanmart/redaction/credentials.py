"""Detectors of what opens something: keys, tokens, passwords."""

from __future__ import annotations

from spanmart.redaction.detector import BOUNDARY, EDGE, ESCAPE, QUOTE, Detector

# Names of secrets in `key=value` and `"key": "value"`, in the cases that programs use.
# Case-insensitive matching would be Unicode's, which costs the fast search for literals.
_NAMES = (
    r"(?:[Pp]ass(?:[Ww]ord|wd|phrase|code)|PASS(?:WORD|WD|PHRASE|CODE)?|pwd|PWD|[Pp]asswort|[Ss]ecret|SECRET"
    r"|(?:[Aa]pi|[Aa]ccess|[Aa]ccount|[Pp]rivate|[Ss]ecret|[Ss]igning|[Ee]ncryption|[Mm]aster)[_-]?[Kk]ey"
    r"|(?:API|ACCESS|ACCOUNT|PRIVATE|SECRET|SIGNING|ENCRYPTION|MASTER)[_-]?KEY"
    r"|(?:[Aa]ccess|[Aa]uth|[Rr]efresh|[Ii]d|[Ss]ession|[Bb]earer|[Ss]ecurity|[Bb]ot)[_-]?[Tt]oken"
    r"|(?:ACCESS|AUTH|REFRESH|ID|SESSION|BEARER|SECURITY|BOT)[_-]?TOKEN"
    r"|SharedAccess(?:Key|Signature)|(?:Amz|Goog)-Signature)"
)
# `clientSecret`, `PGPASSWORD`, `DB_PASSWORD`: what may stand before a name without a boundary.
_START = rf"(?:{ESCAPE}|{BOUNDARY}[A-Za-z0-9_-]{{0,40}}?)"
_IS = r"[ ]{0,3}[=:][ ]{0,3}"
# `false`, a reference (`${DB_PASSWORD}`) and what is masked already hold nothing.
_BARE_VALUE = r"[^\s\"'\\,;&}\)\]\[{$][^\s\"'\\,;&}\)\]\[]{4,}"

CREDENTIALS = (
    Detector(
        "private_key",
        "[private_key]",
        hint=r"PRIVATE KEY",
        pattern=r"()(?:-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-[^-])*"
        r"(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----)?)",
    ),
    Detector(
        "url_password",
        "[password]",
        hint=r"://[^ /]*@",
        pattern=r"([a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@\"'\\]*:)[^\s@/\"'\\\[]{1,200}@",
        after="@",
    ),
    Detector(
        "jwt",
        "[jwt]",
        hint=r"eyJ",
        pattern=EDGE + r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*",
    ),
    Detector(
        "bearer",
        "[token]",
        hint=r"[Bb]earer|BEARER|[Aa]uthorization|AUTHORIZATION",
        pattern=rf"((?:{ESCAPE}|{BOUNDARY})(?:[Bb]earer|BEARER) +"
        r"|(?:[Aa]uthorization|AUTHORIZATION)[^A-Za-z0-9]{1,8}"
        r"(?:[Bb]asic|[Tt]oken|[Dd]igest|[Aa]pi-?[Kk]ey) +)[A-Za-z0-9._~+/-]{15,}=*",
    ),
    Detector(
        # Keys that begin with two to six letters of their maker.
        "api_key",
        "[api_key]",
        hint=r"AKIA|ASIA|ABIA|ACCA|AIza|GOCSPX-|ya29\.|xox|xapp-|sk-|sk_|pk-|pk_|rk_|glpat-|hvs\.|hf_|SG\.",
        pattern=EDGE + r"(?:(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}"
        r"|(?:sk|pk|rk)[-_](?:[a-z]{2,8}[-_]){0,3}[A-Za-z0-9][A-Za-z0-9_-]{15,}"
        r"|AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}"
        r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,}"
        r"|glpat-[A-Za-z0-9_-]{16,}|hvs\.[A-Za-z0-9_-]{20,}"
        r"|hf_[A-Za-z0-9]{30,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,})",
    ),
    Detector(
        # More of them, with at least four letters: beyond some fifteen short literals one search is
        # slower than two.
        "long_prefix_key",
        "[api_key]",
        hint=r"gh[pousr]_|_pat_|npm_|_v1_|lsv2_|whsec_|glsa_|gsk_|shpat_|pcsk_|figd_|_live_|_secret_|_token_"
        r"|pypi-|pplx-|tvly-|NRAK-|ATATT3|nvapi-|SECRET-KEY",
        pattern=EDGE + r"(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}"
        r"|npm_[A-Za-z0-9]{30,}|do[opr]_v1_[a-f0-9]{40,}|lsv2_[a-z]{2}_[A-Za-z0-9_]{20,}"
        r"|whsec_[A-Za-z0-9]{20,}|glsa_[A-Za-z0-9_]{30,}|gsk_[A-Za-z0-9]{30,}"
        r"|shpat_[a-fA-F0-9]{32}|pcsk_[A-Za-z0-9_]{40,}|figd_[A-Za-z0-9_-]{30,}"
        r"|dckr_pat_[A-Za-z0-9_-]{20,}|[a-z]{2,12}_(?:live|secret|pat|token)_[A-Za-z0-9]{20,}"
        r"|pypi-[A-Za-z0-9_-]{30,}|pplx-[A-Za-z0-9]{30,}|tvly-[A-Za-z0-9-]{20,}"
        r"|NRAK-[A-Z0-9]{20,}|ATATT3[A-Za-z0-9_=-]{50,}|nvapi-[A-Za-z0-9_-]{40,}"
        r"|AGE-SECRET-KEY-1[0-9A-Z]{50,})",
    ),
    Detector(
        # Three ways to write one: a quoted value, which ends at its quote; a bare one, which ends
        # at a blank or a separator; and a number in JSON, which gets the quotes of its name.
        "named_secret",
        "[secret]",
        hint=r"(?:assword|asswd|asscode|assphrase|asswort|PASS(?:WORD|WD|PHRASE|CODE)?|pwd|PWD|ecret|SECRET"
        r"|[kK]ey|KEY|[tT]oken|TOKEN|Signature)\\*[\"']?[ ]{0,3}[=:]",
        pattern=rf"({_START}{_NAMES})(?:((?:{QUOTE})?{_IS}\\*\")[^\"\\\[][^\"\\]{{3,}}"
        rf"|((?:{QUOTE})?{_IS}\\*')[^'\\\[][^'\\]{{3,}}|({_IS}){_BARE_VALUE}"
        rf"|({QUOTE})({_IS})[0-9]{{4,}}{BOUNDARY})"
        # A bare `token`, only with a value that is as long as tokens are: some tokens are counted.
        rf"|((?:{ESCAPE}|{BOUNDARY})(?:[Tt]oken|TOKEN)(?:{QUOTE})?{_IS}(?:{QUOTE})?)"
        r"[A-Za-z0-9._~+/-]{20,}",
        before="${1}${2}${3}${4}${5}${6}${7}${5}",
        after="${5}",
    ),
    Detector(
        "spoken_password",
        "[secret]",
        hint=r"(?:assword|asswort|assphrase|PIN|pin|key) (?:is|ist|was) ",
        pattern=r"((?:[Pp]assword|[Pp]asswort|[Pp]assphrase|PIN|pin|(?:API|api) key)"
        r" (?:is|ist|was) [\"'`]?)"
        r"[^\s\"'`,;.]*[0-9][^\s\"'`,;.]*",
    ),
)
