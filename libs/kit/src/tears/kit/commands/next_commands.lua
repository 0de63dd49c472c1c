#!lua flags=no-writes
-- Return the newest id of the stream of commands, and then the id and the body of each entry after a position, the
-- oldest first. The newest id is 0-0 if there is no entry. A body is empty if the entry has none, or one that is too
-- long for a command. It only reads, so it may run in a full Redis.
local stream = KEYS[1]
local position, most_entries, field, most_bytes = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)
if #last == 0 then return {'0-0'} end
local newest = last[1][1]
last = nil
local found = {newest}
-- One after another, because nobody knows how long they are. After the greatest of all ids, Redis refuses to look.
while position ~= newest and #found <= most_entries do
  local entries = redis.pcall('XRANGE', stream, '(' .. position, '+', 'COUNT', 1)
  if entries.err or #entries == 0 then break end
  local entry_id, fields = entries[1][1], entries[1][2]
  local body = ''
  for i = 1, #fields, 2 do
    if fields[i] == field and #fields[i + 1] <= most_bytes then body = fields[i + 1] end
  end
  found[#found + 1] = {entry_id, body}
  position = entry_id
end
return found
