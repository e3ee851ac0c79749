-- subscribe session uri max ttl_s

local session = arg(1, 'session')
local uri = arg(2, 'uri')
local max = int(3, 'max', 1, 10000)
local ttl = int(4, 'ttl_s', 1, 1e10)
local key = base .. ':' .. scope_of_key() .. ':session:' .. session .. ':subs'

if #session ~= 32 or not string.match(session, '^[0-9a-f]+$') then
    fail('argument 1 is not the name of a session')
end

if redis.call('SISMEMBER', key, uri) == 0
   and redis.call('SCARD', key) >= max
then
    return { 'full' }
end

redis.call('SADD', key, uri)
redis.call('EXPIRE', key, dec(ttl))

return { 'ok' }
