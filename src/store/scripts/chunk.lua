-- chunk pid attempt aid n bytes

local pid = id(1, 'p')
local attempt, holder = attempt_arg(2)
local aid = id(3, 'a')
local n = int(4, 'n', 0, 9999)
local bytes = arg(5, 'bytes')
local run = run_load(scope_of_key(), pid)
local refused = refusal(run, attempt, holder)

if #bytes > 4 * 1024 * 1024 then
    fail('a chunk is larger than 4 MB')
end

if refused then
    return refused
end

local meta = run.root .. ':artifact:' .. aid
local key = meta .. ':' .. dec(n)

if redis.call('EXISTS', meta) == 1 then
    if redis.call('GET', key) ~= bytes then
        fail('the artifact is committed and cannot change')
    end

    return { 'ok' }
end

redis.call('SET', key, bytes, 'EX', dec(HOUR_S))

return { 'ok' }
