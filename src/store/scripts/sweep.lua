-- sweep now limit lease_ms forget_ms

local CONSUMER_PENDING_MAX = 100

local now = clock(1)
local limit = int(2, 'limit', 1, 10000)
local lease_ms = int(3, 'lease_ms', 1, 86400000)
local forget_ms = int(4, 'forget_ms', 1)

local jobs = base .. ':jobs'
local leases = base .. ':leases'
local requeued, lost, dropped, failed = 0, 0, 0, 0


-- The id behind which the group has read nothing; nil without a group.
local function delivered_upto()
    local groups = redis.pcall('XINFO', 'GROUPS', jobs)

    for _, g in ipairs(groups.err and {} or groups) do
        local group = pairs_of(g)

        if group.name == GROUP then
            return group['last-delivered-id']
        end
    end

    return nil
end


local function is_later(a, b)
    local a_ms, a_n = string.match(a, '^(%d+)-(%d+)$')
    local b_ms, b_n = string.match(b, '^(%d+)-(%d+)$')

    a_ms, b_ms = tonumber(a_ms), tonumber(b_ms)

    return a_ms > b_ms or a_ms == b_ms and tonumber(a_n) > tonumber(b_n)
end


local delivered = delivered_upto()


-- Not yet read, or read just now by somebody who is about to claim.  How long
-- ago that was cannot be said after the clock was set back.
local function is_wake_up_alive(run, is_set_back)
    local pending

    if run.job == '' or #redis.call('XRANGE', jobs, run.job, run.job) == 0 then
        return false
    end

    if not delivered or is_later(run.job, delivered) then
        return true
    end

    if is_set_back then
        return false
    end

    pending = redis.call('XPENDING', jobs, GROUP, run.job, run.job, 1)

    return #pending == 1 and pending[1][3] < lease_ms
end


local function sweep_queued(run, is_set_back)
    -- However long it waits, it is still there and in line.
    queue_add(run, now)
    run_keep(run)

    if is_wake_up_alive(run, is_set_back) then
        redis.call('ZADD', leases, dec(now + lease_ms), run.member)
        return
    end

    job_drop(run)
    job_add(run, now + lease_ms)
    requeued = requeued + 1
end


local function sweep_running(run)
    local reason

    if run.lease > now then
        -- No lease ends later than a lease from now.
        if run.lease_ms > 0 and run.lease > now + run.lease_ms then
            run.lease = now + run.lease_ms
            redis.call('HSET', run.key, 'lease', dec(run.lease))
        end

        redis.call('ZADD', leases, dec(run.lease), run.member)
        return
    end

    if run.attempt < run.max_attempts then
        run_requeue(run, now, lease_ms,
                    'The worker went away; waiting for another')
        requeued = requeued + 1
        return
    end

    reason = 'The worker went away in attempt ' .. dec(run.attempt) .. ' of '
             .. dec(run.max_attempts) .. '. Ask again to start over.'
    run_lose(run, now, reason)
    lost = lost + 1
end


local function sweep_member(member, is_set_back)
    local run, scope, pid = run_of(member)

    if run and run.status == 'queued' then
        sweep_queued(run, is_set_back)

    elseif run and run.status == 'running' then
        sweep_running(run)

    else
        redis.call('ZREM', leases, member)
        dropped = dropped + 1

        if pid then
            redis.call('HDEL', run_new(scope, pid).limits, pid)
        end
    end
end


-- A worker has another name each time it starts; the group would keep all.
-- Entries it read and left are wake-ups whose runs `leases` still knows.
local function forget_consumers()
    local consumers = redis.pcall('XINFO', 'CONSUMERS', jobs, GROUP)

    for _, c in ipairs(consumers.err and {} or consumers) do
        local consumer = pairs_of(c)

        if consumer.idle >= forget_ms then
            local left = redis.call('XPENDING', jobs, GROUP, '-', '+',
                                    CONSUMER_PENDING_MAX, consumer.name)

            for _, entry in ipairs(left) do
                redis.call('XACK', jobs, GROUP, entry[1])
                redis.call('XDEL', jobs, entry[1])
            end

            -- With it would go what is still pending.
            if consumer.pending <= CONSUMER_PENDING_MAX then
                redis.call('XGROUP', 'DELCONSUMER', jobs, GROUP,
                           consumer.name)
            end
        end
    end
end


-- Entries that were acknowledged and left; never one that is pending or that
-- nobody has read, since a worker may still look for it.
local function trim_jobs()
    local pending, ms, n

    if not delivered then
        return
    end

    pending = redis.call('XPENDING', jobs, GROUP)
    ms, n = string.match(delivered, '^(%d+)-(%d+)$')

    redis.call('XTRIM', jobs, 'MINID',
               pending[1] > 0 and pending[2]
               or ms .. '-' .. dec(tonumber(n) + 1))
end


-- Of projects whose runs have all expired in line.
local function trim_queue()
    for _, project in ipairs(redis.call('ZRANGE', base .. ':queue', 0,
                                        limit - 1))
    do
        queue_head(project)
    end
end


-- After the clock was set back a project would wait until it is again what it
-- was when that was served.
local function trim_clock(key)
    for _, project in ipairs(redis.call('ZRANGEBYSCORE', key, '(' .. dec(now),
                                        '+inf', 'LIMIT', 0, limit))
    do
        redis.call('ZADD', key, 'XX', dec(now), project)
    end
end


local function sweep_between(from, to, is_set_back)
    for _, member in ipairs(redis.call('ZRANGEBYSCORE', leases, from, to,
                                       'LIMIT', 0, limit))
    do
        -- One that cannot be helped must not keep the others from it.
        if not pcall(sweep_member, member, is_set_back) then
            redis.call('ZADD', leases, dec(now + lease_ms), member)
            failed = failed + 1
        end
    end
end


sweep_between('-inf', dec(now), false)
sweep_between('(' .. dec(now + lease_ms), '+inf', true)
forget_consumers()
trim_jobs()
trim_queue()
trim_clock(base .. ':queue')
trim_clock(base .. ':served')

return { 'swept', requeued, lost, dropped, failed }
