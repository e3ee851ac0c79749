-- Stands in front of every script (embed.pl).  Arguments, names, and the few
-- changes of a run that several scripts share.
--
-- A script checks everything before its first write, so that an error reply
-- means that nothing was written.

local GROUP = 'agents'
local HOUR_S = 3600
local DEAD_MAX = 10000
local TERMINAL = { completed = true, failed = true, cancelled = true,
                   lost = true }

local base = KEYS[1] or ''
local prefix = string.match(base, '^(.+):{%d%d}$')


local function fail(what)
    error('mitzu: ' .. what)
end


-- Lua's own conversion would write 1.7e+12.
local function dec(n)
    return string.format('%.0f', n)
end


local function arg(i, what)
    return ARGV[i] or fail('argument ' .. i .. ' (' .. what .. ') is missing')
end


local function int(i, what, min, max)
    local s = arg(i, what)
    local n = #s <= 15 and string.match(s, '^%d+$') and tonumber(s)

    if not n or n < min or n > (max or 1e15) then
        fail('argument ' .. i .. ' (' .. what .. ') is not a number in range')
    end

    return n
end


local function flag(i, what)
    return int(i, what, 0, 1) == 1
end


local function is_id(s, kind)
    return #s == 28 and string.match(s, '^' .. kind .. '_[a-z2-7]+$')
end


local function id(i, kind)
    local s = arg(i, kind .. '_ id')

    if not is_id(s, kind) then
        fail('argument ' .. i .. ' is not a ' .. kind .. '_ id')
    end

    return s
end


local function clock(i)
    local now = int(i, 'now', 0)
    local t

    if now == 0 then
        t = redis.call('TIME')
        now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
    end

    return now
end


if not prefix then
    fail('key 1 is not the base of a partition')
end


-- The scope that key 2 names.
local function scope_of_key()
    local key = KEYS[2] or ''
    local scope = string.sub(key, #base + 2)

    if #scope ~= 32 or not string.match(scope, '^[0-9a-f]+$')
       or key ~= base .. ':' .. scope
    then
        fail('key 2 is not the base of a scope in the partition of key 1')
    end

    return scope
end


local function json_error(code, message)
    return '{"code":"' .. code .. '","message":' .. cjson.encode(message)
           .. '}'
end


local RUN_FIELDS = { 'status', 'conv', 'phase', 'job', 'artifacts', 'attempt',
                     'max_attempts', 'seq', 'retention', 'lease' }
local RUN_TEXTS = 5

-- A run that is not there yet: all names of its keys.
local function run_new(scope, pid, cid)
    local root = base .. ':' .. scope
    local run = { id = pid, conv = cid, scope = scope, attempt = 0, seq = 0 }

    run.key = root .. ':run:' .. pid
    run.events = run.key .. ':events'
    run.root = root
    run.convs = root .. ':convs'
    run.runs = root .. ':runs'
    run.member = scope .. ':' .. pid

    if cid then
        run.conv_key = root .. ':conv:' .. cid
        run.turns = run.conv_key .. ':turns'
    end

    return run
end


-- nil: there is no such run.
local function run_load(scope, pid)
    local run = run_new(scope, pid)
    local v = redis.call('HMGET', run.key, unpack(RUN_FIELDS))

    if not v[1] then
        return nil
    end

    run = run_new(scope, pid, v[2] or '')

    for i, name in ipairs(RUN_FIELDS) do
        if i <= RUN_TEXTS then
            run[name] = v[i] or ''
        else
            run[name] = tonumber(v[i] or '0') or 0
        end
    end

    run.retention = math.max(run.retention, 1)

    return run
end


-- The fence: what to answer instead of writing, or nil.
local function refusal(run, attempt)
    if not run then
        return { 'gone' }
    end

    if TERMINAL[run.status] then
        return { 'terminal', run.status }
    end

    if run.status ~= 'running' or run.attempt ~= attempt then
        return { 'superseded', run.attempt }
    end

    return nil
end


-- Every write of a run makes it and its conversation live on.
local function run_keep(run)
    local keys = { run.key, run.events, run.conv_key, run.turns, run.convs,
                   run.runs }

    for _, key in ipairs(keys) do
        redis.call('EXPIRE', key, dec(run.retention))
    end
end


local function run_append(run, now, kind, phase, text, data)
    run.seq = run.seq + 1

    redis.call('XADD', run.events, dec(run.seq) .. '-' .. dec(run.attempt),
               'type', kind, 'at', dec(now), 'phase', phase, 'text', text,
               'data', data)
    redis.call('HSET', run.key, 'seq', dec(run.seq), 'phase', phase,
               'updated', dec(now))
    redis.call('PUBLISH', prefix .. ':run:' .. run.id, dec(run.seq))
end


-- Only members that the retention has outlived are left behind.
local function zset_add(key, at, member, retention)
    redis.call('ZADD', key, dec(at), member)
    redis.call('ZREMRANGEBYSCORE', key, '-inf',
               '(' .. dec(at - retention * 1000))
    redis.call('EXPIRE', key, dec(retention))
end


-- A conversation that expired meanwhile is not brought back.
local function conv_touch(run, now)
    if redis.call('EXISTS', run.conv_key) == 1 then
        redis.call('HSET', run.conv_key, 'updated', dec(now))
        zset_add(run.convs, now, run.conv, run.retention)
    end
end


local function conv_add_turn(run, now, role, text, ...)
    redis.call('XADD', run.turns, '*', 'role', role, 'text', text,
               'run', run.id, 'at', dec(now), ...)
    redis.call('HINCRBY', run.conv_key, 'turns', 1)
end


local function job_drop(run)
    if run.job ~= '' then
        redis.call('XACK', base .. ':jobs', GROUP, run.job)
        redis.call('XDEL', base .. ':jobs', run.job)
        redis.call('HDEL', run.key, 'job')
        run.job = ''
    end
end


-- The wake-up, and when the sweeper looks after it.
local function job_add(run, due)
    run.job = redis.call('XADD', base .. ':jobs', '*', 'scope', run.scope,
                         'run', run.id)
    redis.call('HSET', run.key, 'job', run.job)
    redis.call('ZADD', base .. ':leases', dec(due), run.member)
end


-- Of a running run: its wake-up went with the claim.
local function run_requeue(run, now, lease_ms, text)
    redis.call('HSET', run.key, 'status', 'queued')
    redis.call('HDEL', run.key, 'worker', 'lease')
    run_append(run, now, 'progress', 'requeued', text, '')
    job_add(run, now + lease_ms)
    run_keep(run)
end


-- The only way into a terminal state; the rest is fields and their values.
local function run_end(run, now, status, text, ...)
    redis.call('HSET', run.key, 'status', status, 'finished', dec(now), ...)
    redis.call('HDEL', run.key, 'lease')
    run_append(run, now, 'end', status, text,
               '{"status":"' .. status .. '"}')
    job_drop(run)
    redis.call('ZREM', base .. ':leases', run.member)

    if redis.call('HGET', run.conv_key, 'active') == run.id then
        redis.call('HSET', run.conv_key, 'active', '')
    end

    conv_touch(run, now)
    run_keep(run)
end


local function run_cancel(run, now, reason)
    run_end(run, now, 'cancelled', reason, 'cancel', '1',
            'error', json_error('cancelled', reason))
    redis.call('PUBLISH', prefix .. ':cancel:' .. run.id, '1')
end


