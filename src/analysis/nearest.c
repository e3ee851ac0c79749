
#include "analysis/nearest.h"


#define MZ_NEAREST_LEN_MAX    64        /* compared characters of a name */
#define MZ_NEAREST_SCORE_MIN  0.34


static char mz_nearest_lower(char c);
static double mz_nearest_trigrams(mz_str_t a, mz_str_t b);
static size_t mz_nearest_trigram(mz_str_t s, size_t i);
static size_t mz_nearest_distance(mz_str_t a, mz_str_t b);


void
mz_nearest_init(mz_nearest_t *near, mz_str_t query)
{
    memset(near, 0, sizeof(mz_nearest_t));
    near->query = query;
}


void
mz_nearest_offer(mz_nearest_t *near, mz_str_t name)
{
    double  score;
    size_t  i;

    score = mz_nearest_score(near->query, name);
    if (score < MZ_NEAREST_SCORE_MIN) {
        return;
    }

    i = near->n;
    if (i == MZ_NEAREST_MAX) {
        if (near->scores[i - 1] >= score) {
            return;
        }
        i--;

    } else {
        near->n++;
    }

    for ( /* void */ ; i > 0 && near->scores[i - 1] < score; i--) {
        near->names[i] = near->names[i - 1];
        near->scores[i] = near->scores[i - 1];
    }

    near->names[i] = name;
    near->scores[i] = score;
}


double
mz_nearest_score(mz_str_t a, mz_str_t b)
{
    double  edit, grams;
    size_t  longest;

    a.len = a.len < MZ_NEAREST_LEN_MAX ? a.len : MZ_NEAREST_LEN_MAX;
    b.len = b.len < MZ_NEAREST_LEN_MAX ? b.len : MZ_NEAREST_LEN_MAX;
    longest = a.len > b.len ? a.len : b.len;

    if (a.len == 0 || b.len == 0) {
        return 0;
    }

    edit = 1.0 - (double) mz_nearest_distance(a, b) / (double) longest;
    grams = mz_nearest_trigrams(a, b);

    return edit > grams ? edit : grams;
}


void
mz_nearest_words(const mz_nearest_t *near, char *out, size_t size)
{
    int     n;
    size_t  i, pos;

    out[0] = '\0';

    for (i = 0, pos = 0; i < near->n; i++) {
        n = snprintf(out + pos, size - pos, "%s\"%.*s\"",
                     i == 0 ? "; nearest: " : ", ",
                     (int) (near->names[i].len < MZ_NEAREST_LEN_MAX
                            ? near->names[i].len : MZ_NEAREST_LEN_MAX),
                     near->names[i].data);

        if (n < 0 || (size_t) n >= size - pos) {
            out[pos] = '\0';
            return;
        }

        pos += (size_t) n;
    }
}


static char
mz_nearest_lower(char c)
{
    return (char) (c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}


/* Dice's coefficient over trigrams of "  name "; both non-empty. */

static double
mz_nearest_trigrams(mz_str_t a, mz_str_t b)
{
    bool    used[MZ_NEAREST_LEN_MAX + 1];
    size_t  i, j, common;

    memset(used, 0, sizeof(used));
    common = 0;

    for (i = 0; i <= a.len; i++) {
        for (j = 0; j <= b.len; j++) {
            if (!used[j]
                && mz_nearest_trigram(a, i) == mz_nearest_trigram(b, j))
            {
                used[j] = true;
                common++;
                break;
            }
        }
    }

    return 2.0 * (double) common / (double) (a.len + b.len + 2);
}


/* The trigram that ends at i, packed; i == len gives the closing one. */

static size_t
mz_nearest_trigram(mz_str_t s, size_t i)
{
    size_t         code, k;
    unsigned char  c;

    code = 0;

    for (k = 0; k < 3; k++) {
        c = ' ';
        if (i + k >= 2 && i + k - 2 < s.len) {
            c = (unsigned char) mz_nearest_lower(s.data[i + k - 2]);
        }
        code = (code << 8) | c;
    }

    return code;
}


/* Edits (insert, delete, replace, swap of neighbours) from a to b. */

static size_t
mz_nearest_distance(mz_str_t a, mz_str_t b)
{
    size_t  i, j, best, rows[3][MZ_NEAREST_LEN_MAX + 1];
    size_t  *cur, *prev, *prev2, *t;
    char    ca, cb;

    prev2 = rows[0];
    prev = rows[1];
    cur = rows[2];

    for (j = 0; j <= b.len; j++) {
        prev[j] = j;
        prev2[j] = j;
    }

    for (i = 1; i <= a.len; i++) {
        cur[0] = i;
        ca = mz_nearest_lower(a.data[i - 1]);

        for (j = 1; j <= b.len; j++) {
            cb = mz_nearest_lower(b.data[j - 1]);
            best = prev[j - 1] + (ca != cb);
            best = best < prev[j] + 1 ? best : prev[j] + 1;
            best = best < cur[j - 1] + 1 ? best : cur[j - 1] + 1;

            if (i > 1 && j > 1
                && ca == mz_nearest_lower(b.data[j - 2])
                && cb == mz_nearest_lower(a.data[i - 2])
                && prev2[j - 2] + 1 < best)
            {
                best = prev2[j - 2] + 1;
            }

            cur[j] = best;
        }

        t = prev2;
        prev2 = prev;
        prev = cur;
        cur = t;
    }

    return prev[b.len];
}
