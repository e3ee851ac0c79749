-- submit now cid is_new pid prompt title cancel_running digest attach_s
--        retention_s max_attempts lease_ms trace project interval_us burst
--        concurrent max_queued queued_elsewhere is_admitted

local now = clock(1)
local cid = id(2, 'c')
local is_new = flag(3, 'is_new')
local pid = id(4, 'p')
local prompt = arg(5, 'prompt')
local title = arg(6, 'title')
local cancel_running = flag(7, 'cancel_running')
local digest = arg(8, 'digest')
local attach_s = int(9, 'attach_s', 0, 86400)
local retention = int(10, 'retention_s', 1, 1e10)
local max_attempts = int(11, 'max_attempts', 1, 1000)
local lease_ms = int(12, 'lease_ms', 1, 86400000)
local trace = arg(13, 'trace')
local project = project_arg(14)
local limit = limit_args(15)
local max_queued = int(18, 'max_queued', 0)
local queued_elsewhere = int(19, 'queued_elsewhere', 0)
local is_admitted = flag(20, 'is_admitted')

local scope = scope_of_key()
local run = run_new(scope, pid, cid)
local attach_key, victim

if digest ~= '' and (#digest ~= 64 or not string.match(digest, '^%x+$')) then
    fail('argument 8 (digest) is not a SHA-256')
end

-- Sent a second time: say what was said the first time.
local before = redis.call('HGET', run.key, 'conv')
if before then
    return { 'running', before, pid }
end

if is_new then
    if redis.call('EXISTS', run.conv_key) == 1 then
        fail('the new conversation exists')
    end

    if digest ~= '' and attach_s > 0 then
        attach_key = run.root .. ':attach:' .. digest

        local other_pid = string.match(redis.call('GET', attach_key) or '',
                                       '^%S+ (%S+)$')
        local other = other_pid and run_load(scope, other_pid)

        if other and not TERMINAL[other.status] then
            return { 'attached', other.conv, other.id }
        end
    end

else
    local active = redis.call('HGET', run.conv_key, 'active')

    if not active then
        return { 'no_conversation' }
    end

    -- A lock whose run has ended or expired holds nobody up.
    local holder = active ~= '' and run_load(scope, active)

    if holder and not TERMINAL[holder.status] then
        local asked = redis.call('HMGET', holder.key, 'prompt', 'took_over')

        -- One that took over itself is not taken over by its own repetition.
        if cancel_running
           and not (asked[1] == prompt and asked[2] == '1'
                    and now - holder.created <= attach_s * 1000)
        then
            victim = holder

        elseif asked[1] == prompt then
            return { 'attached', cid, holder.id }

        else
            return { 'busy', cid, holder.id }
        end
    end
end

-- Runs that expired before they ended still have a field: when it looks
-- full, they are counted out.
local function is_full()
    local n

    if limit.concurrent == 0 or limit_count(run.limits) < limit.concurrent
    then
        return false
    end

    n = 0
    for _, field in ipairs(redis.call('HKEYS', run.limits)) do
        local one = is_id(field, 'p') and run_load(scope, field)

        if one and not TERMINAL[one.status] then
            n = n + (victim and victim.id == field and 0 or 1)

            if n >= limit.concurrent then
                return true
            end

        elseif field ~= 'tat' then
            redis.call('HDEL', run.limits, field)
        end
    end

    return false
end


local wait = limit_wait(run.limits, limit, now)

if wait > 0 then
    return { 'limited', 'rate', wait }
end

if is_full() then
    return { 'limited', 'concurrent', COME_BACK_MS }
end

-- What other partitions know is asked for only when a run would be accepted.
if not is_admitted then
    return { 'admit' }
end

if max_queued > 0
   and redis.call('XLEN', base .. ':jobs') + queued_elsewhere >= max_queued
then
    return { 'limited', 'queue', COME_BACK_MS }
end

if victim then
    run_cancel(victim, now, 'A newer prompt in this conversation took over')
end

if is_new then
    redis.call('HSET', run.conv_key, 'title', title, 'created', dec(now),
               'turns', '0')
end

run.retention = retention
run.job = ''
run.project = project
run.created = now

redis.call('HSET', run.conv_key, 'active', pid, 'last_run', pid)
conv_touch(run, now)
conv_add_turn(run, now, 'user', prompt)

redis.call('HSET', run.key, 'status', 'queued', 'attempt', '0',
           'max_attempts', dec(max_attempts), 'conv', cid, 'prompt', prompt,
           'created', dec(now), 'retention', dec(retention), 'trace', trace,
           'project', project, 'took_over', cancel_running and '1' or '0')
limit_take(run.limits, limit, now, pid, retention)
zset_add(run.runs, now, pid, retention)
run_append(run, now, 'progress', 'queued', 'Waiting for a worker', '')
queue_add(run, now)
job_add(run, now + lease_ms)

if attach_key then
    redis.call('SET', attach_key, cid .. ' ' .. pid, 'EX', dec(attach_s))
end

run_keep(run)

return { 'running', cid, pid }
