
#include "base/mz_str.h"
#include "proto/jsonscan.h"


static size_t mz_jsonscan_string(mz_str_t text, size_t pos);
static mz_str_t mz_jsonscan_part(mz_str_t text, size_t start, size_t end);


size_t
mz_jsonscan_space(mz_str_t text, size_t pos)
{
    while (pos < text.len
           && (text.data[pos] == ' ' || text.data[pos] == '\t'
               || text.data[pos] == '\r' || text.data[pos] == '\n'))
    {
        pos++;
    }

    return pos < text.len ? pos : text.len;
}


size_t
mz_jsonscan_value(mz_str_t text, size_t pos)
{
    char    c;
    size_t  depth;

    depth = 0;

    while (pos < text.len) {
        c = text.data[pos];

        if (c == '"') {
            pos = mz_jsonscan_string(text, pos);

        } else if (c == '{' || c == '[') {
            depth++;
            pos++;

        } else if (depth > 0) {
            depth -= c == '}' || c == ']';
            pos++;

        } else if (c == ',' || c == '}' || c == ']'
                   || mz_jsonscan_space(text, pos) != pos)
        {
            return pos;

        } else {
            pos++;
            continue;
        }

        if (depth == 0) {
            return pos;
        }
    }

    return text.len;
}


mz_str_t
mz_jsonscan_member(mz_str_t members, const char *name)
{
    size_t    pos, start, end;
    mz_str_t  key;

    pos = 0;

    while (pos < members.len) {
        start = mz_jsonscan_space(members, pos);
        end = mz_jsonscan_string(members, start);
        pos = mz_jsonscan_space(members, end);

        if (end < start + 2 || pos == members.len
            || members.data[pos] != ':')
        {
            break;
        }

        key = mz_jsonscan_part(members, start + 1, end - 1);
        start = mz_jsonscan_space(members, pos + 1);
        end = mz_jsonscan_value(members, start);

        if (mz_str_eq_c(key, name)) {
            return mz_jsonscan_part(members, start, end);
        }

        pos = mz_jsonscan_space(members, end);

        if (pos == members.len || members.data[pos] != ',') {
            break;
        }

        pos++;
    }

    return mz_null_str;
}


mz_str_t
mz_jsonscan_object(mz_str_t text)
{
    size_t  pos;

    pos = mz_jsonscan_space(text, 0);

    if (pos == text.len || text.data[pos] != '{') {
        return mz_null_str;
    }

    return mz_jsonscan_part(text, pos + 1, text.len);
}


bool
mz_jsonscan_is_integer(mz_str_t token)
{
    size_t  i;

    i = token.len > 0 && token.data[0] == '-';

    if (i == token.len || (token.data[i] == '0' && token.len > i + 1)) {
        return false;
    }

    for ( /* void */ ; i < token.len; i++) {
        if (token.data[i] < '0' || token.data[i] > '9') {
            return false;
        }
    }

    return true;
}


/* Behind the closing quote; pos itself when no string starts there. */

static size_t
mz_jsonscan_string(mz_str_t text, size_t pos)
{
    size_t  i;

    if (pos >= text.len || text.data[pos] != '"') {
        return pos;
    }

    for (i = pos + 1; i < text.len; i++) {
        if (text.data[i] == '"') {
            return i + 1;
        }

        if (text.data[i] == '\\') {
            i++;
        }
    }

    return text.len;
}


static mz_str_t
mz_jsonscan_part(mz_str_t text, size_t start, size_t end)
{
    return (mz_str_t) { text.data + start, end - start };
}
