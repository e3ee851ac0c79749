-- renew now pid attempt lease_ms

local now = clock(1)
local pid = id(2, 'p')
local attempt, holder = attempt_arg(3)
local lease_ms = int(4, 'lease_ms', 1, 86400000)
local run = run_load(scope_of_key(), pid)
local refused = refusal(run, attempt, holder)

if refused then
    return refused
end

redis.call('HSET', run.key, 'lease', dec(now + lease_ms),
           'lease_ms', dec(lease_ms))
redis.call('ZADD', base .. ':leases', dec(now + lease_ms), run.member)
run_keep(run)

return { 'ok' }
