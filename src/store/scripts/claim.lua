-- claim now pid worker lease_ms

local now = clock(1)
local pid = id(2, 'p')
local worker = arg(3, 'worker')
local lease_ms = int(4, 'lease_ms', 1, 86400000)
local run = run_load(scope_of_key(), pid)
local over = run_over(run)

if over then
    return over
end

-- With no attempt left the sweeper ends it: that is not the claimer's to do.
if run.status == 'running'
   and (run.lease > now or run.attempt >= run.max_attempts)
then
    return { 'leased' }
end

if is_paused() then
    return { 'paused' }
end

local v = run_claim(run, now, worker, lease_ms)

return { 'claimed', run.attempt, run.conv, v[1] or '', v[2] or '' }
