
/*
 * jgrep_int: a search over JSON Lines (query/jlines.h) in two files:
 *
 *   jgrep.c       life, stages, going through the rows, what matches
 *   jgrep_show.c  the matches shown, with the rows around them
 */

#ifndef MZ_JGREP_INT_H
#define MZ_JGREP_INT_H

#include "query/jlines_int.h"
#include "query/regex.h"


#define MZ_JGREP_STAGE  4           /* chunks of one stage */
#define MZ_JGREP_NOTE   200

/* A match whose rows behind it may still come. */

typedef struct {
    mz_buf_t  text;                 /* its JSON object, still open */
    size_t    after;                /* rows behind it that are in it */
    size_t    waits;                /* rows behind it that it still wants */
} mz_jmatch_t;

/* A row that was passed: a view, and a copy once its chunk is let go. */

typedef struct {
    mz_str_t  line;
    char     *copy;
} mz_jbefore_t;

struct mz_jgrep_s {
    const mz_jlayout_t  *layout;
    mz_jlines_limits_t   lim;
    mz_regex_t          *regex;
    char                *path;          /* NULL: the line as it is */
    uint64_t             limit;
    uint64_t             offset;
    size_t               context;

    size_t               next;          /* chunk */
    uint32_t             needs[MZ_JGREP_STAGE];
    mz_str_t             bytes[MZ_JGREP_STAGE];
    size_t               nneeds;
    size_t               work;

    uint64_t             row;           /* the next one */
    uint64_t             total;
    size_t               scanned;       /* bytes */
    bool                 is_over;       /* a bound ended the search */
    bool                 is_full;       /* value_max: no more matches shown */
    bool                 is_cut;        /* value_max: a row or context is cut */

    mz_jbefore_t         before[MZ_JGREP_CONTEXT_MAX];  /* ring, by row */
    mz_jmatch_t         *matches;
    size_t               nmatches;
    size_t               used;          /* bytes of all matches */

    mz_buf_t             text;          /* scratch: what is searched */
    mz_buf_t             value;
    char                 note[MZ_JGREP_NOTE];
    mz_jgrep_result_t    result;
};


/* This row, put behind the matches just before it. */
mz_rc_t mz_jgrep_after(mz_jgrep_t *g, mz_str_t line, mz_err_t *err);

/* This row is a match to be shown, if there is room. */
mz_rc_t mz_jgrep_match(mz_jgrep_t *g, mz_str_t line, mz_err_t *err);

/* Fills the result. */
mz_rc_t mz_jgrep_end(mz_jgrep_t *g, mz_err_t *err);


#endif /* MZ_JGREP_INT_H */
