-- requeue now pid lease_ms reason

local now = clock(1)
local pid = id(2, 'p')
local lease_ms = int(3, 'lease_ms', 1, 86400000)
local reason = arg(4, 'reason')
local run = run_load(scope_of_key(), pid)

if not run then
    return { 'gone' }
end

if TERMINAL[run.status] then
    return { 'terminal', run.status }
end

if run.status == 'running' then
    -- Not the run's fault: the attempt is not counted.
    redis.call('HINCRBY', run.key, 'max_attempts', 1)
    run_requeue(run, now, lease_ms, reason)
    redis.call('PUBLISH', prefix .. ':cancel:' .. run.id, '1')

    return { 'ok' }
end

job_drop(run)
queue_add(run, now)
job_add(run, now + lease_ms)
run_keep(run)

return { 'ok' }
