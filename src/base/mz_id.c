
#include "base/mz_id.h"


static const char  mz_id_alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";


void
mz_id_make(mz_id_t *id, char kind, const unsigned char random[MZ_ID_RANDOM])
{
    char      *p;
    size_t     i, have;
    uint32_t   bits;

    p = id->s;
    *p++ = kind;
    *p++ = '_';

    bits = 0;
    have = 0;

    for (i = 0; i < MZ_ID_RANDOM; i++) {
        bits = (bits << 8 | random[i]) & 0xffff;
        have += 8;

        while (have >= 5) {
            have -= 5;
            *p++ = mz_id_alphabet[bits >> have & 31];
        }
    }

    *p++ = mz_id_alphabet[bits << (5 - have) & 31];
    *p = '\0';
}


mz_rc_t
mz_id_parse(mz_id_t *id, char kind, mz_str_t s)
{
    char    c;
    size_t  i;

    id->s[0] = '\0';

    if (s.len != MZ_ID_LEN || s.data[0] != kind || s.data[1] != '_') {
        return MZ_INVALID;
    }

    for (i = 2; i < s.len; i++) {
        c = s.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '2' && c <= '7'))) {
            return MZ_INVALID;
        }
    }

    memcpy(id->s, s.data, s.len);
    id->s[s.len] = '\0';

    return MZ_OK;
}
