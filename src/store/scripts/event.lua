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

run_append(run, now, 'progress', phase, text, data)
run_keep(run)

return { 'ok', run.seq }
