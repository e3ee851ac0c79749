
/*
 * answer: the words of an answer, Markdown, made of the facts of an analysis
 * (docs/analysis-spec.md) and nothing else: a headline, a short reading, a
 * small table, the definition, assumptions, artifacts, what to ask next.
 * Pure: no I/O, no clock.
 */

#ifndef MZ_ANSWER_H
#define MZ_ANSWER_H

#include "analysis/spec.h"


#define MZ_ANSWER_ROWS  10      /* of the small table */

typedef struct {
    const mz_spec_t     *spec;
    const mz_catalog_t  *cat;           /* NULL: no groups are proposed */
    const json_t        *facts;
    const mz_rset_t     *table;
    const json_t        *assumptions;   /* array of sentences, or NULL */
    const json_t        *artifacts;     /* as in the run's result, or NULL */
} mz_answer_in_t;


/* headline: one line of plain text, also the first one of the answer. */
mz_rc_t mz_answer_write(const mz_answer_in_t *in, mz_buf_t *headline,
    mz_buf_t *out, mz_err_t *err);

/*
 * For the planner's kinds that are no analysis: "clarify", "unsupported" and
 * "plan", and for a spec that was refused (why: the reason, else NULL).
 */
mz_rc_t mz_answer_words(const json_t *plan, const json_t *assumptions,
    const char *why, mz_buf_t *headline, mz_buf_t *out, mz_err_t *err);

/* Plain text for lists of artifacts; from == to: no range. */
void mz_answer_title(mz_buf_t *b, const json_t *spec, int64_t from_ms,
    int64_t to_ms);


/* One file for each kind of analysis; what follows is between them. */

void mz_answer_segmentation(const mz_answer_in_t *in, mz_buf_t *headline,
    mz_buf_t *out);
void mz_answer_funnel(const mz_answer_in_t *in, mz_buf_t *headline,
    mz_buf_t *out);
void mz_answer_retention(const mz_answer_in_t *in, mz_buf_t *headline,
    mz_buf_t *out);
void mz_answer_other(const mz_answer_in_t *in, mz_buf_t *headline,
    mz_buf_t *out);

/* "**Ask next.** .." */
void mz_answer_next(const mz_answer_in_t *in, mz_buf_t *out);

/* " (2026-06-01 to 2026-06-14)"; nothing without a range. */
void mz_answer_range(mz_buf_t *b, const json_t *facts);

/* The group of a series: "US", "US, mobile"; its event when is_series. */
void mz_answer_group(mz_buf_t *b, const json_t *series, bool is_series);

/* ", up 12.3% from 100": of an object with previous and change_pct. */
void mz_answer_change(mz_buf_t *b, const json_t *o, const char *previous,
    const char *change_pct, int kind);

/* The last rows of the table when there are many, and which those are. */
void mz_answer_last_rows(mz_buf_t *b, const mz_rset_t *rs, const char *what);

/* The first rows of the table, and how many there are. */
void mz_answer_first_rows(mz_buf_t *b, const mz_rset_t *rs);


#endif /* MZ_ANSWER_H */
