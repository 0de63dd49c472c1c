"""Show the journal in a browser, and as JSON under `/api/v1`.

Each folder has the routes of one part, in its module `routes`. The parts themselves know nothing of HTTP.
"""
