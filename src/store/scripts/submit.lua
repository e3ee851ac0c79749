-- submit now cid is_new pid prompt title cancel_running digest attach_s
--        retention_s max_attempts lease_ms trace

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
        if cancel_running then
            victim = holder

        elseif redis.call('HGET', holder.key, 'prompt') == prompt then
            return { 'attached', cid, holder.id }

        else
            return { 'busy', cid, holder.id }
        end
    end
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

redis.call('HSET', run.conv_key, 'active', pid, 'last_run', pid)
conv_touch(run, now)
conv_add_turn(run, now, 'user', prompt)

redis.call('HSET', run.key, 'status', 'queued', 'attempt', '0',
           'max_attempts', dec(max_attempts), 'conv', cid, 'prompt', prompt,
           'created', dec(now), 'retention', dec(retention), 'trace', trace)
zset_add(run.runs, now, pid, retention)
run_append(run, now, 'progress', 'queued', 'Waiting for a worker', '')
job_add(run, now + lease_ms)

if attach_key then
    redis.call('SET', attach_key, cid .. ' ' .. pid, 'EX', dec(attach_s))
end

run_keep(run)

return { 'running', cid, pid }
