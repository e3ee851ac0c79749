-- cancel now pid reason

local now = clock(1)
local pid = id(2, 'p')
local reason = arg(3, 'reason')
local run = run_load(scope_of_key(), pid)
local over = run_over(run)

if over then
    return over
end

run_cancel(run, now, reason)

return { 'cancelled' }
