
/*
 * words: how numbers, times and names of a result are written in an answer:
 * "1,234,567", "12.3%", "+4.1%", "2 h 5 min", and Markdown tables whose
 * cells cannot break out.
 */

#ifndef MZ_WORDS_H
#define MZ_WORDS_H

#include "base/mz_json.h"
#include "base/mz_rset.h"


/* How a number is meant. */

typedef enum {
    MZ_WORDS_NUMBER,
    MZ_WORDS_RATE,          /* 0..1, written in percent */
    MZ_WORDS_PERCENT,       /* already in percent: change_pct */
    MZ_WORDS_POINTS,        /* difference of two rates */
    MZ_WORDS_SECONDS,
    MZ_WORDS_TEXT           /* strings as they are */
} mz_words_kind_t;


/* Thousands separators; up to two decimals, four digits when below one. */
void mz_words_number(mz_buf_t *b, double v);
void mz_words_int(mz_buf_t *b, int64_t v);
void mz_words_rate(mz_buf_t *b, double v);          /* 0.123 is "12.3%" */
void mz_words_signed_pct(mz_buf_t *b, double v);    /* 4.1 is "+4.1%" */
void mz_words_seconds(mz_buf_t *b, double v);

/* A JSON value by its kind; null is "n/a", null text "(none)". */
void mz_words_json(mz_buf_t *b, const json_t *v, mz_words_kind_t kind);

/* Text with the characters that mean something in Markdown escaped. */
void mz_words_text(mz_buf_t *b, mz_str_t s);

/* A name (event, property) as code: `add_to_cart`. */
void mz_words_code(mz_buf_t *b, mz_str_t s);

/* "2026-06-15" for midnights, else "2026-06-15 12:00 UTC". */
void mz_words_time(mz_buf_t *b, int64_t ms);

/* "2026-06-01 to 2026-06-15": days are inclusive, to_ms is exclusive. */
void mz_words_range(mz_buf_t *b, int64_t from_ms, int64_t to_ms);

/* "one user", "2 users": n and a noun that takes an s. */
void mz_words_count(mz_buf_t *b, int64_t n, const char *noun);

/*
 * The first rows of a result set as a Markdown table, each column by its
 * name (rates, seconds); from is the first row shown.
 */
void mz_words_table(mz_buf_t *b, const mz_rset_t *rs, size_t from,
    size_t rows);

/* The kind that a column of an analysis table has by its name. */
mz_words_kind_t mz_words_column_kind(mz_str_t name);


#endif /* MZ_WORDS_H */
