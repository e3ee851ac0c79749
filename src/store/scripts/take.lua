-- take now worker lease_ms entry project

local now = clock(1)
local worker = arg(2, 'worker')
local lease_ms = int(3, 'lease_ms', 1, 86400000)
local entry = arg(4, 'entry')
local wanted = arg(5, 'project')

local jobs = base .. ':jobs'
local taken = base .. ':taken:' .. entry

if not string.match(entry, '^%d+%-%d+$') then
    fail('argument 4 (entry) is not the id of an entry')
end

if wanted ~= '' then
    wanted = project_arg(5)
end


-- The project that was served longest ago, unless the worker, who sees all
-- partitions, knows one that is still worse off.
local function fairest()
    local run = wanted ~= '' and queue_head(wanted)
    local project

    while not run do
        project = redis.call('ZRANGE', base .. ':queue', 0, 0)[1]

        if not project then
            return nil
        end

        run = queue_head(project)
    end

    return run
end


-- The run that the entry was made for, if it waits on without a wake-up.
local function left_behind(fields)
    local t = pairs_of(fields)
    local run = is_hex(t.scope or '', 32) and is_id(t.run or '', 'p')
                and run_load(t.scope, t.run)

    return run and run.status == 'queued' and run.job == entry and run or nil
end


-- The run that this worker holds since it sent the same before.
local function taken_before()
    local run = run_of(redis.call('GET', taken) or '')

    return run and run.status == 'running' and run.worker == worker and run
           or nil
end


local function reply(run, texts)
    return { 'taken', run.scope, run.id, run.attempt, run.conv,
             texts[1] or '', texts[2] or '' }
end


local before = taken_before()

if before then
    return reply(before, redis.call('HMGET', before.key, 'prompt', 'trace'))
end

if is_paused() then
    return { 'paused' }
end

local found = redis.call('XRANGE', jobs, entry, entry)[1]
local run = fairest()
local other, texts

if run then
    texts = run_claim(run, now, worker, lease_ms)
    redis.call('SET', taken, run.member, 'PX', dec(lease_ms))
end

-- An entry wakes once, whatever was taken for it.
other = found and left_behind(found[2])

redis.call('XACK', jobs, GROUP, entry)
redis.call('XDEL', jobs, entry)

if other then
    job_add(other, now + lease_ms)
end

if not run then
    return { 'empty' }
end

return reply(run, texts)
