-- Stands in front of every script (embed.pl).  Arguments, names, and the few
-- changes of a run that several scripts share.
--
-- A script checks everything before its first write, so that an error reply
-- means that nothing was written.

local GROUP = 'agents'
local HOUR_S = 3600
local DEAD_MAX = 10000
local SERVED_MAX = 1000
local NEWCOMER_MS = 60000
local COME_BACK_MS = 5000
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


-- A number, or number@worker: then it is also that worker's or nobody's.
local function attempt_arg(i)
    local s = arg(i, 'attempt')
    local n, at, holder = string.match(s, '^(%d+)(@?)(.*)$')

    if not n or #n > 15 or (at == '') ~= (holder == '') then
        fail('argument ' .. i .. ' (attempt) is not <n> or <n>@<worker>')
    end

    return tonumber(n), holder
end


local function is_hex(s, len)
    return #s == len and string.match(s, '^[0-9a-f]+$')
end


local function project_arg(i)
    local s = arg(i, 'project')

    if not is_hex(s, 32) then
        fail('argument ' .. i .. ' (project) is not 32 hex digits')
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

    if not is_hex(scope, 32) or key ~= base .. ':' .. scope then
        fail('key 2 is not the base of a scope in the partition of key 1')
    end

    return scope
end


-- A flat name/value reply as a table.
local function pairs_of(flat)
    local t = {}

    for i = 1, #flat, 2 do
        t[flat[i]] = flat[i + 1]
    end

    return t
end


local function json_error(code, message)
    return '{"code":"' .. code .. '","message":' .. cjson.encode(message)
           .. '}'
end


local RUN_FIELDS = { 'status', 'conv', 'phase', 'job', 'artifacts', 'project',
                     'worker', 'attempt', 'max_attempts', 'seq', 'retention',
                     'lease', 'lease_ms', 'created' }
local RUN_TEXTS = 7

-- A run that is not there yet: all names of its keys.
local function run_new(scope, pid, cid)
    local root = base .. ':' .. scope
    local run = { id = pid, conv = cid, scope = scope, attempt = 0, seq = 0 }

    run.key = root .. ':run:' .. pid
    run.events = run.key .. ':events'
    run.root = root
    run.convs = root .. ':convs'
    run.runs = root .. ':runs'
    run.limits = root .. ':limits'
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


-- Of "<scope>:<run id>": the run, or nil, and what it was made of.
local function run_of(member)
    local scope, pid = string.match(member, '^([0-9a-f]+):(p_[a-z2-7]+)$')

    return scope and run_load(scope, pid), scope, pid
end


-- What to answer when there is nothing left to change, or nil.
local function run_over(run)
    if not run then
        return { 'gone' }
    end

    if TERMINAL[run.status] then
        return { 'terminal', run.status }
    end

    return nil
end


-- The fence: what to answer instead of writing, or nil.  After a failover
-- Redis may have given a number twice: then the holder tells them apart.
local function refusal(run, attempt, holder)
    local over = run_over(run)

    if over then
        return over
    end

    if run.status ~= 'running' or run.attempt ~= attempt
       or holder ~= '' and holder ~= run.worker
    then
        return { 'superseded', run.attempt }
    end

    return nil
end


-- Does not shorten a life.
local function keep_for(key, ttl_s)
    if redis.call('TTL', key) < ttl_s then
        redis.call('EXPIRE', key, dec(ttl_s))
    end
end


-- Every write of a run makes it and its conversation live on.  What is not
-- over does not expire between two sweeps, however short the retention is.
local function run_keep(run)
    local keys = { run.key, run.events, run.conv_key, run.turns, run.convs,
                   run.runs }
    local ttl_s = TERMINAL[run.status] and run.retention
                  or math.max(run.retention, HOUR_S)

    for _, key in ipairs(keys) do
        redis.call('EXPIRE', key, dec(ttl_s))
    end

    keep_for(run.limits, ttl_s)
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


local function queue_of(project)
    return base .. ':queue:' .. project
end


-- What waits is in line with its project, and the projects stand in line by
-- when they were last served: one with many runs is one of many.  A project
-- that was not served lately does not overtake those that wait since long.
local function queue_add(run, now)
    local queue = base .. ':queue'
    local served

    redis.call('ZADD', queue_of(run.project), dec(run.created), run.member)

    if not redis.call('ZSCORE', queue, run.project) then
        served = redis.call('ZSCORE', base .. ':served', run.project)
        redis.call('ZADD', queue, dec(math.max(tonumber(served or '0'),
                                               now - NEWCOMER_MS, 0)),
                   run.project)
    end
end


local function queue_drop(project, member)
    redis.call('ZREM', queue_of(project), member)

    if redis.call('EXISTS', queue_of(project)) == 0 then
        redis.call('ZREM', base .. ':queue', project)
    end
end


local function queue_served(run, now)
    local served = base .. ':served'

    queue_drop(run.project, run.member)
    redis.call('ZADD', base .. ':queue', 'XX', dec(now), run.project)
    redis.call('ZADD', served, dec(now), run.project)
    redis.call('ZREMRANGEBYRANK', served, 0, -SERVED_MAX - 1)
    redis.call('EXPIRE', served, dec(24 * HOUR_S))
end


-- The run that has waited longest of those of a project, or nil.  Runs that
-- expired while they waited leave the line here.
local function queue_head(project)
    local member = redis.call('ZRANGE', queue_of(project), 0, 0)[1]

    while member do
        local run = run_of(member)

        if run and run.status == 'queued' then
            return run
        end

        queue_drop(project, member)
        member = redis.call('ZRANGE', queue_of(project), 0, 0)[1]
    end

    redis.call('ZREM', base .. ':queue', project)

    return nil
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
                         'run', run.id, 'project', run.project)
    redis.call('HSET', run.key, 'job', run.job)
    redis.call('ZADD', base .. ':leases', dec(due), run.member)
end


local function is_paused()
    return redis.call('EXISTS', base .. ':paused') == 1
end


-- Of a running run: its wake-up went with the claim.
local function run_requeue(run, now, lease_ms, text)
    redis.call('HSET', run.key, 'status', 'queued')
    redis.call('HDEL', run.key, 'worker', 'lease')
    run_append(run, now, 'progress', 'requeued', text, '')
    queue_add(run, now)
    job_add(run, now + lease_ms)
    run_keep(run)
end


-- Not the run's fault: the attempt is not counted.  attempt only ever grows,
-- for it is the fence: so the bound moves instead.
local function run_give_back(run, now, lease_ms, text)
    redis.call('HINCRBY', run.key, 'max_attempts', 1)
    run_requeue(run, now, lease_ms, text)
end


-- The worker that has it need not wait for its next renewal.
local function run_tell(run)
    redis.call('PUBLISH', prefix .. ':cancel:' .. run.id, '1')
end


-- The reply of a claim, but for its first words.
local function run_claim(run, now, worker, lease_ms)
    -- What the attempt before made is no part of this one's answer.
    for aid in string.gmatch(run.artifacts, '%S+') do
        redis.call('ZREM', run.root .. ':artifacts', aid)
    end

    run.attempt = run.attempt + 1
    run.lease = now + lease_ms

    redis.call('HSET', run.key, 'status', 'running', 'attempt',
               dec(run.attempt), 'worker', worker, 'lease', dec(run.lease),
               'lease_ms', dec(lease_ms), 'started', dec(now), 'artifacts', '')
    redis.call('ZADD', base .. ':leases', dec(run.lease), run.member)
    queue_served(run, now)
    job_drop(run)
    run_append(run, now, 'progress', 'started',
               run.attempt == 1 and 'Started'
               or 'Started again, attempt ' .. dec(run.attempt), '')
    run_keep(run)

    return redis.call('HMGET', run.key, 'prompt', 'trace')
end


-- The only way into a terminal state; the rest is fields and their values.
local function run_end(run, now, status, text, ...)
    run.status = status
    redis.call('HSET', run.key, 'status', status, 'finished', dec(now), ...)
    redis.call('HDEL', run.key, 'lease')
    run_append(run, now, 'end', status, text,
               '{"status":"' .. status .. '"}')
    job_drop(run)
    queue_drop(run.project, run.member)
    redis.call('ZREM', base .. ':leases', run.member)
    redis.call('HDEL', run.limits, run.id)

    if redis.call('HGET', run.conv_key, 'active') == run.id then
        redis.call('HSET', run.conv_key, 'active', '')
    end

    conv_touch(run, now)
    run_keep(run)
end


local function run_cancel(run, now, reason)
    run_end(run, now, 'cancelled', reason, 'cancel', '1',
            'error', json_error('cancelled', reason))
    run_tell(run)
end


-- For the operators, who may ask for its prompt again.
local function run_lose(run, now, reason)
    run_end(run, now, 'lost', reason, 'error', json_error('lost', reason))
    redis.call('XADD', base .. ':dead', 'MAXLEN', '~', dec(DEAD_MAX), '*',
               'scope', run.scope, 'run', run.id, 'reason', reason,
               'at', dec(now))
end


-- A limit is a hash: `tat`, when the runs so far would have been used up at
-- the rate (microseconds; GCRA), and a field for each run that is not over.
local function limit_args(i)
    return { interval = int(i, 'interval_us', 0),
             burst = int(i + 1, 'burst', 0, 1000000),
             concurrent = int(i + 2, 'concurrent', 0, 1000000) }
end


local function limit_count(key)
    return redis.call('HLEN', key) - redis.call('HEXISTS', key, 'tat')
end


-- When the runs so far are used up; 0: the rate says nothing.  No run makes
-- it later than a burst from now: then the clock was set back, or the limit
-- was another, and what is known is that the burst was used.
local function limit_tat(key, limit, now)
    local tat = tonumber(redis.call('HGET', key, 'tat') or '0')
    local used = now * 1000 + limit.burst * limit.interval

    return tat > used + limit.interval and used or tat
end


-- How many ms until the rate has room for one more.
local function limit_wait(key, limit, now)
    if limit.interval == 0 then
        return 0
    end

    return math.max(0, math.ceil((limit_tat(key, limit, now)
                                  - limit.burst * limit.interval) / 1000)
                       - now)
end


local function limit_take(key, limit, now, field, ttl_s)
    local tat

    redis.call('HSET', key, field, dec(now))

    if limit.interval > 0 then
        tat = math.max(limit_tat(key, limit, now), now * 1000)
              + limit.interval
        redis.call('HSET', key, 'tat', dec(tat))
        ttl_s = math.max(ttl_s, math.ceil((tat / 1000 - now) / 1000))
    end

    keep_for(key, ttl_s)
end


