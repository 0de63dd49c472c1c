"""The steps that must happen together or not at all, as scripts that Redis runs.

Each begins with `#!lua`: then a full Redis refuses the script before its first command. Without that line a script that
has begun with a command that needs no memory, as an acknowledgement, goes on and writes beyond the limit. Those that
free memory, or need none, run in a full Redis too (`allow-oom`): they are what makes room.
"""

from __future__ import annotations

# Adds an entry once per name, whoever repeats it.
# KEYS: stream, mark. ARGV: body, most entries, seconds for which the mark is kept. Returns 1 if added.
ADD_ONCE = """#!lua
if not redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[3]) then return 0 end
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'message', ARGV[1])
return 1
"""
