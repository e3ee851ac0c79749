-- drop now pid reason

local now = clock(1)
local pid = id(2, 'p')
local reason = arg(3, 'reason')
local run = run_load(scope_of_key(), pid)

if not run then
    return { 'gone' }
end

if TERMINAL[run.status] then
    return { 'terminal', run.status }
end

run_lose(run, now, reason)
redis.call('PUBLISH', prefix .. ':cancel:' .. run.id, '1')

return { 'ok' }
