-- claim now pid worker lease_ms

local now = clock(1)
local pid = id(2, 'p')
local worker = arg(3, 'worker')
local lease_ms = int(4, 'lease_ms', 1, 86400000)
local run = run_load(scope_of_key(), pid)

if not run then
    return { 'gone' }
end

if TERMINAL[run.status] then
    return { 'terminal', run.status }
end

-- With no attempt left the sweeper ends it: that is not the claimer's to do.
if run.status == 'running'
   and (run.lease > now or run.attempt >= run.max_attempts)
then
    return { 'leased' }
end

-- What the attempt before made is no part of this one's answer.
for aid in string.gmatch(run.artifacts, '%S+') do
    redis.call('ZREM', run.root .. ':artifacts', aid)
end

run.attempt = run.attempt + 1
run.lease = now + lease_ms

redis.call('HSET', run.key, 'status', 'running', 'attempt', dec(run.attempt),
           'worker', worker, 'lease', dec(run.lease), 'started', dec(now),
           'artifacts', '')
redis.call('ZADD', base .. ':leases', dec(run.lease), run.member)
job_drop(run)
run_append(run, now, 'progress', 'started',
           run.attempt == 1 and 'Started'
           or 'Started again, attempt ' .. dec(run.attempt), '')
run_keep(run)

local v = redis.call('HMGET', run.key, 'prompt', 'trace')

return { 'claimed', run.attempt, run.conv, v[1] or '', v[2] or '' }
