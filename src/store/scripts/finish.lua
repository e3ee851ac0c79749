-- finish now pid attempt status answer result spec error

local now = clock(1)
local pid = id(2, 'p')
local attempt, holder = attempt_arg(3)
local status = arg(4, 'status')
local answer = arg(5, 'answer')
local result = arg(6, 'result')
local spec = arg(7, 'spec')
local err = arg(8, 'error')
local run = run_load(scope_of_key(), pid)
local refused = refusal(run, attempt, holder)

if status ~= 'completed' and status ~= 'failed' then
    fail('argument 4 (status) is not completed or failed')
end

if refused then
    return refused
end

if status == 'failed' then
    run_end(run, now, status, '', 'error', err)
    return { 'ok' }
end

if redis.call('EXISTS', run.conv_key) == 1 then
    conv_add_turn(run, now, 'assistant', answer, 'spec', spec)
end

run_append(run, now, 'answer', 'answered', '', '')
run_end(run, now, status, '', 'answer', answer, 'result', result)

return { 'ok' }
