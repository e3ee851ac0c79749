-- requeue now pid lease_ms reason

local now = clock(1)
local pid = id(2, 'p')
local lease_ms = int(3, 'lease_ms', 1, 86400000)
local reason = arg(4, 'reason')
local run = run_load(scope_of_key(), pid)
local over = run_over(run)

if over then
    return over
end

if run.status == 'running' then
    run_give_back(run, now, lease_ms, reason)
    run_tell(run)

    return { 'ok' }
end

job_drop(run)
queue_add(run, now)
job_add(run, now + lease_ms)
run_keep(run)

return { 'ok' }
