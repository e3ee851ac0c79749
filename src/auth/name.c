
#include "auth/name.h"
#include "base/mz_str.h"


#define MZ_NAME_C1_LEAD  0xc2           /* of U+0080 to U+00BF in UTF-8 */
#define MZ_NAME_C1_END   0xa0


bool
mz_name_is_plain(mz_str_t s)
{
    size_t         i;
    unsigned char  c, before;

    before = 0;

    for (i = 0; i < s.len; i++) {
        c = (unsigned char) s.data[i];

        if (c < 0x20 || c == 0x7f
            || (before == MZ_NAME_C1_LEAD && c < MZ_NAME_C1_END))
        {
            return false;
        }

        before = c;
    }

    return s.len > 0;
}


bool
mz_name_is_scopes(mz_str_t s)
{
    mz_str_t  part;

    if (s.data == NULL) {
        return false;
    }

    while (mz_str_split(&s, ' ', &part)) {
        if (!mz_name_is_scope(part)) {
            return false;
        }
    }

    return true;
}


bool
mz_name_is_scope(mz_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] <= ' ' || s.data[i] > '~' || s.data[i] == '"'
            || s.data[i] == '\\')
        {
            return false;
        }
    }

    return s.len > 0;
}
