-- admit now project member interval_us burst concurrent ttl_s

local UNCOUNTED_MAX = 1000

local now = clock(1)
local project = project_arg(2)
local member = arg(3, 'member')
local limit = limit_args(4)
local ttl = int(7, 'ttl_s', 1, 1e10)
local key = base .. ':project:' .. project
local wait, reply, tat

if not string.match(member, '^[0-9a-f]+:p_[a-z2-7]+$') or #member ~= 61 then
    fail('argument 3 (member) is not <scope>:<run id>')
end

-- Sent a second time: say what was said the first time.
if redis.call('HEXISTS', key, member) == 1 then
    return { 'ok' }
end

wait = limit_wait(key, limit, now)

if wait > 0 then
    return { 'limited', 'rate', wait }
end

-- Which of these are over is known in other partitions: the caller looks.
if limit.concurrent > 0 and limit_count(key) >= limit.concurrent then
    reply = redis.call('HGETALL', key)
    table.insert(reply, 1, dec(now))
    table.insert(reply, 1, 'full')

    return reply
end

-- When nobody counts them nobody looks for those that are over; they are
-- known only to who asks twice.
if limit.concurrent == 0 and limit_count(key) >= UNCOUNTED_MAX then
    tat = redis.call('HGET', key, 'tat')
    redis.call('DEL', key)

    if tat then
        redis.call('HSET', key, 'tat', tat)
    end
end

limit_take(key, limit, now, member, ttl)

return { 'ok' }
