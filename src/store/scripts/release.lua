-- release project refund_us member ..

local project = project_arg(1)
local refund = int(2, 'refund_us', 0)
local key = base .. ':project:' .. project
local gone = 0

for i = 3, #ARGV do
    if ARGV[i] ~= 'tat' then
        gone = gone + redis.call('HDEL', key, ARGV[i])
    end
end

if gone > 0 and refund > 0 and redis.call('HEXISTS', key, 'tat') == 1 then
    redis.call('HSET', key, 'tat',
               dec(tonumber(redis.call('HGET', key, 'tat')) - refund))
end

return { 'ok', gone }
