
#include <math.h>

#include "agent/answer/words.h"
#include "base/mz_str.h"
#include "base/mz_time.h"
#include "base/mz_utf8.h"


#define MZ_WORDS_INT_MAX   1e15         /* whole numbers doubles hold */
#define MZ_WORDS_TEXT_MAX  200          /* bytes of one name or value */
#define MZ_WORDS_COLS_MAX  10           /* of a small table */

typedef struct {
    const char       *name;
    mz_words_kind_t   kind;
} mz_words_column_t;

static const mz_words_column_t  mz_words_columns[] = {
    { "rate",            MZ_WORDS_RATE },
    { "step_rate",       MZ_WORDS_RATE },
    { "share",           MZ_WORDS_RATE },
    { "previous_rate",   MZ_WORDS_RATE },
    { "change_pct",      MZ_WORDS_PERCENT },
    { "median_seconds",  MZ_WORDS_SECONDS },
    { "avg_seconds",     MZ_WORDS_SECONDS },
    { "p90_seconds",     MZ_WORDS_SECONDS },
};

static void mz_words_group(mz_buf_t *b, const char *digits, size_t n);
static void mz_words_cell(mz_buf_t *b, const mz_rset_t *rs, size_t row,
    size_t col);
static void mz_words_minute(mz_buf_t *b, int64_t us);


void
mz_words_number(mz_buf_t *b, double v)
{
    int     n, decimals;
    char    text[64];
    char   *point;
    double  abs;

    if (!isfinite(v)) {
        mz_buf_add_c(b, "n/a");
        return;
    }

    abs = fabs(v);

    if (abs >= MZ_WORDS_INT_MAX) {
        mz_buf_addf(b, "%.6g", v);
        return;
    }

    if (v == floor(v)) {
        mz_words_int(b, (int64_t) v);
        return;
    }

    decimals = 2;
    if (abs < 1.0) {
        decimals = 3 - (int) floor(log10(abs));
        decimals = decimals > 9 ? 9 : decimals;
    }

    n = snprintf(text, sizeof(text), "%.*f", decimals, abs);
    while (n > 0 && text[n - 1] == '0') {
        n--;
    }

    if (n > 0 && text[n - 1] == '.') {
        n--;
    }

    text[n] = '\0';

    if (v < 0 && strcmp(text, "0") != 0) {
        mz_buf_add_char(b, '-');
    }

    point = strchr(text, '.');
    mz_words_group(b, text, point != NULL ? (size_t) (point - text)
                                          : strlen(text));
    if (point != NULL) {
        mz_buf_add_c(b, point);
    }
}


void
mz_words_int(mz_buf_t *b, int64_t v)
{
    int       n;
    char      digits[32];
    uint64_t  abs;

    abs = v < 0 ? 0 - (uint64_t) v : (uint64_t) v;

    if (v < 0) {
        mz_buf_add_char(b, '-');
    }

    n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long) abs);
    mz_words_group(b, digits, (size_t) n);
}


void
mz_words_rate(mz_buf_t *b, double v)
{
    if (!isfinite(v)) {
        mz_buf_add_c(b, "n/a");
        return;
    }

    /* a small but real rate is not "0.0%" */
    mz_buf_addf(b, v > 0 && v < 0.0005 ? "%.2g%%" : "%.1f%%", 100 * v);
}


void
mz_words_signed_pct(mz_buf_t *b, double v)
{
    if (!isfinite(v)) {
        mz_buf_add_c(b, "n/a");
        return;
    }

    mz_buf_addf(b, fabs(v) < 0.05 ? "%.1f%%" : "%+.1f%%", fabs(v) < 0.05
                                                          ? 0.0 : v);
}


void
mz_words_seconds(mz_buf_t *b, double v)
{
    int64_t  s;

    if (!isfinite(v) || v < 0 || v >= MZ_WORDS_INT_MAX) {
        mz_buf_add_c(b, "n/a");
        return;
    }

    if (v < 60) {
        mz_words_number(b, v < 10 ? round(v * 10) / 10 : round(v));
        mz_buf_add_c(b, " s");
        return;
    }

    s = (int64_t) llround(v);

    if (s < 3600) {
        mz_buf_addf(b, "%d min %d s", (int) (s / 60), (int) (s % 60));

    } else if (s < 86400) {
        mz_buf_addf(b, "%d h %d min", (int) (s / 3600),
                    (int) (s % 3600 / 60));

    } else {
        mz_words_int(b, s / 86400);
        mz_buf_addf(b, " d %d h", (int) (s % 86400 / 3600));
    }
}


void
mz_words_json(mz_buf_t *b, const json_t *v, mz_words_kind_t kind)
{
    if (json_is_string(v)) {
        mz_words_text(b, mz_json_str(v));
        return;
    }

    if (json_is_boolean(v)) {
        mz_buf_add_c(b, json_is_true(v) ? "yes" : "no");
        return;
    }

    if (!json_is_number(v)) {
        mz_buf_add_c(b, kind == MZ_WORDS_TEXT ? "(none)" : "n/a");
        return;
    }

    switch (kind) {

    case MZ_WORDS_RATE:
        mz_words_rate(b, json_number_value(v));
        break;

    case MZ_WORDS_PERCENT:
        mz_words_signed_pct(b, json_number_value(v));
        break;

    case MZ_WORDS_POINTS:
        mz_buf_addf(b, "%+.1f points", 100 * json_number_value(v));
        break;

    case MZ_WORDS_SECONDS:
        mz_words_seconds(b, json_number_value(v));
        break;

    default:
        if (json_is_integer(v)) {
            mz_words_int(b, json_integer_value(v));

        } else {
            mz_words_number(b, json_real_value(v));
        }
    }
}


void
mz_words_text(mz_buf_t *b, mz_str_t s)
{
    size_t         i;
    mz_str_t       cut;
    unsigned char  c;

    cut = mz_utf8_prefix_bytes(s, MZ_WORDS_TEXT_MAX);

    for (i = 0; i < cut.len; i++) {
        c = (unsigned char) cut.data[i];

        if (c < 0x20 || c == 0x7f) {
            mz_buf_add_char(b, ' ');
            continue;
        }

        if (strchr("\\`*|[]<>", c) != NULL) {
            mz_buf_add_char(b, '\\');
        }

        mz_buf_add_char(b, (char) c);
    }

    if (cut.len < s.len) {
        mz_buf_add_c(b, "...");
    }
}


void
mz_words_code(mz_buf_t *b, mz_str_t s)
{
    size_t         i;
    mz_str_t       cut;
    unsigned char  c;

    cut = mz_utf8_prefix_bytes(s, MZ_WORDS_TEXT_MAX);
    mz_buf_add_char(b, '`');

    for (i = 0; i < cut.len; i++) {
        c = (unsigned char) cut.data[i];
        mz_buf_add_char(b, c < 0x20 || c == 0x7f || c == '`' || c == '|'
                           ? ' ' : (char) c);
    }

    mz_buf_add_char(b, '`');
}


void
mz_words_time(mz_buf_t *b, int64_t ms)
{
    mz_civil_t  c;

    mz_time_date(b, ms);
    mz_time_civil(ms, &c);

    if (c.hour != 0 || c.minute != 0 || c.second != 0 || c.ms != 0) {
        mz_buf_addf(b, " %02d:%02d UTC", c.hour, c.minute);
    }
}


void
mz_words_range(mz_buf_t *b, int64_t from_ms, int64_t to_ms)
{
    bool  is_days;

    is_days = mz_time_floor(from_ms, MZ_UNIT_DAY) == from_ms
              && mz_time_floor(to_ms, MZ_UNIT_DAY) == to_ms
              && to_ms > from_ms;

    mz_words_time(b, from_ms);

    if (is_days) {
        to_ms -= MZ_DAY_MS;
        if (to_ms == from_ms) {
            return;
        }
    }

    mz_buf_add_c(b, " to ");
    mz_words_time(b, to_ms);
}


void
mz_words_count(mz_buf_t *b, int64_t n, const char *noun)
{
    mz_words_int(b, n);
    mz_buf_addf(b, " %s%s", noun, n == 1 ? "" : "s");
}


void
mz_words_table(mz_buf_t *b, const mz_rset_t *rs, size_t from, size_t rows)
{
    size_t  r, c, end, ncols;

    ncols = mz_rset_columns(rs);
    if (ncols > MZ_WORDS_COLS_MAX) {
        ncols = MZ_WORDS_COLS_MAX;
    }

    end = mz_rset_rows(rs);
    end = rows < end - from ? from + rows : end;

    for (c = 0; c < ncols; c++) {
        mz_buf_add_c(b, c == 0 ? "| " : " | ");
        mz_words_text(b, mz_rset_name(rs, c));
    }

    mz_buf_add_c(b, " |\n|");
    for (c = 0; c < ncols; c++) {
        mz_buf_add_c(b, mz_rset_dtype(rs, c) == MZ_DTYPE_INT64
                        || mz_rset_dtype(rs, c) == MZ_DTYPE_FLOAT64
                        ? " ---: |" : " --- |");
    }

    mz_buf_add_char(b, '\n');

    for (r = from; r < end; r++) {
        for (c = 0; c < ncols; c++) {
            mz_buf_add_c(b, c == 0 ? "| " : " | ");
            mz_words_cell(b, rs, r, c);
        }

        mz_buf_add_c(b, " |\n");
    }

    if (ncols < mz_rset_columns(rs)) {
        mz_buf_add_c(b, "\nMore columns: ");

        for (c = ncols; c < mz_rset_columns(rs); c++) {
            mz_buf_add_c(b, c > ncols ? ", " : "");
            mz_words_text(b, mz_rset_name(rs, c));
        }

        mz_buf_add_c(b, ".\n");
    }
}


mz_words_kind_t
mz_words_column_kind(mz_str_t name)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_words_columns); i++) {
        if (mz_str_eq_c(name, mz_words_columns[i].name)) {
            return mz_words_columns[i].kind;
        }
    }

    return MZ_WORDS_NUMBER;
}


static void
mz_words_group(mz_buf_t *b, const char *digits, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0) {
            mz_buf_add_char(b, ',');
        }

        mz_buf_add_char(b, digits[i]);
    }
}


static void
mz_words_cell(mz_buf_t *b, const mz_rset_t *rs, size_t row, size_t col)
{
    json_t           *v;
    mz_value_t        value;
    mz_words_kind_t   kind;

    mz_rset_get(rs, row, col, &value);

    kind = mz_words_column_kind(mz_rset_name(rs, col));
    if (mz_rset_dtype(rs, col) == MZ_DTYPE_STRING) {
        kind = MZ_WORDS_TEXT;
    }

    if (value.is_null) {
        mz_buf_add_c(b, kind == MZ_WORDS_TEXT ? "(none)" : "");
        return;
    }

    if (mz_rset_dtype(rs, col) == MZ_DTYPE_TIMESTAMP) {
        mz_words_minute(b, value.i);
        return;
    }

    v = mz_value_to_json(mz_rset_dtype(rs, col), &value);
    mz_words_json(b, v, kind);
    json_decref(v);
}


/* The table artifact has the fractions; a reader wants the minute. */

static void
mz_words_minute(mz_buf_t *b, int64_t us)
{
    int64_t     ms;
    mz_civil_t  c;

    ms = us / 1000 - (us % 1000 < 0);
    mz_time_civil(ms, &c);
    mz_time_date(b, ms);
    mz_buf_addf(b, " %02d:%02d", c.hour, c.minute);
}
