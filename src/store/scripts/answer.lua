-- answer qid response

local qid = id(1, 'q')
local response = arg(2, 'response')
local key = base .. ':' .. scope_of_key() .. ':ask:' .. qid

-- Only an open question is empty: the first answer stays.
if response == '' or redis.call('GET', key) ~= '' then
    return { 'none' }
end

redis.call('SET', key, response, 'KEEPTTL')
redis.call('PUBLISH', prefix .. ':run:' .. qid, '1')

return { 'ok' }
