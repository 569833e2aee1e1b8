"""One request, end to end, in the terminal.

`facts` fetches it, `describe` words each span, `tree` draws it.
"""
