-- artifact now pid attempt aid chunks field value field value ..

local KINDS = { table = true, json = true, chart = true }
local FIELDS = { kind = true, name = true, title = true, rows = true,
                 digest = true, layout = true, spec = true, sql = true,
                 range = true, timezone = true, truncated = true }
local PAIRS_AT = 6

local now = clock(1)
local pid = id(2, 'p')
local attempt, holder = attempt_arg(3)
local aid = id(4, 'a')
local chunks = int(5, 'chunks', 0, 10000)
local run = run_load(scope_of_key(), pid)
local refused = refusal(run, attempt, holder)
local fields = { title = '', rows = '0', truncated = '0' }
local bytes = 0

for i = PAIRS_AT, #ARGV, 2 do
    if not FIELDS[ARGV[i]] then
        fail('argument ' .. i .. ' is not a field that a worker gives')
    end

    fields[ARGV[i]] = arg(i + 1, ARGV[i])
end

if not KINDS[fields.kind or ''] then
    fail('kind is not table, json or chart')
end

if not string.match(fields.rows, '^%d+$') or #fields.rows > 15 then
    fail('rows is not a number')
end

if not string.match(fields.truncated, '^[01]$') then
    fail('truncated is not 0 or 1')
end

if not fields.name then
    fail('name is missing')
end

if refused then
    return refused
end

local key = run.root .. ':artifact:' .. aid

if redis.call('EXISTS', key) == 1 then
    if redis.call('HGET', key, 'run') ~= pid then
        fail('the artifact is of another run')
    end

    return { 'ok', run.seq }
end

for n = 0, chunks - 1 do
    local size = redis.call('STRLEN', key .. ':' .. dec(n))

    if size == 0 then
        return { 'incomplete', n }
    end

    bytes = bytes + size
end

local list = {}
for name, value in pairs(fields) do
    list[#list + 1] = name
    list[#list + 1] = value
end

redis.call('HSET', key, 'id', aid, 'run', pid, 'conv', run.conv,
           'attempt', dec(attempt), 'chunks', dec(chunks),
           'bytes', dec(bytes), 'created', dec(now),
           'expires', dec(now + run.retention * 1000), unpack(list))
redis.call('EXPIRE', key, dec(run.retention))

for n = 0, chunks - 1 do
    redis.call('EXPIRE', key .. ':' .. dec(n), dec(run.retention))
end

zset_add(run.root .. ':artifacts', now, aid, run.retention)

redis.call('HSET', run.key, 'artifacts',
           run.artifacts == '' and aid or run.artifacts .. ' ' .. aid)
run_append(run, now, 'artifact', run.phase, fields.title,
           '{"artifact_id":"' .. aid
           .. '","kind":"' .. fields.kind
           .. '","name":' .. cjson.encode(fields.name)
           .. ',"title":' .. cjson.encode(fields.title)
           .. ',"rows":' .. dec(tonumber(fields.rows)) .. '}')
run_keep(run)
redis.call('PUBLISH', prefix .. ':control',
           'changed resources ' .. run.scope)

return { 'ok', run.seq }
