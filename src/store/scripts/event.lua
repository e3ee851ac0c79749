-- event now pid attempt phase text data

local now = clock(1)
local pid = id(2, 'p')
local attempt, holder = attempt_arg(3)
local phase = arg(4, 'phase')
local text = arg(5, 'text')
local data = arg(6, 'data')
local run = run_load(scope_of_key(), pid)
local refused = refusal(run, attempt, holder)

if refused then
    return refused
end

-- Sent again, since its reply was lost: one step is said once.
local function is_said()
    local newest = redis.call('XREVRANGE', run.events, '+', '-', 'COUNT', 1)[1]
    local t = newest and pairs_of(newest[2]) or {}

    return newest and newest[1] == dec(run.seq) .. '-' .. dec(attempt)
           and t.type == 'progress' and t.phase == phase and t.text == text
           and t.data == data
end


if is_said() then
    return { 'ok', run.seq }
end

run_append(run, now, 'progress', phase, text, data)
run_keep(run)

return { 'ok', run.seq }
