
/*
 * jlines: artifacts of JSON Lines.  Each row is one JSON value in compact
 * form (no spaces, UTF-8 unescaped) on a line of its own that ends with LF;
 * chunks hold whole lines.  Layout: {"groups": [lines, ..]}, one per chunk.
 *
 * Reading and searching work in stages like query/tquery.h: parse, then
 * needs, give, run while run answers MZ_AGAIN, then result.
 */

#ifndef MZ_JLINES_H
#define MZ_JLINES_H

#include "query/chunk.h"


#define MZ_JLINES_LINE_MAX      (MZ_CHUNK_MAX - 1)  /* without the LF */
#define MZ_JLINES_CHUNK_GOAL    (1024 * 1024)       /* cut above this */
#define MZ_JLINES_GROUPS_MAX    65536
#define MZ_JLINES_ROWS_MAX      100000000

#define MZ_JREAD_LIMIT_DEFAULT  100
#define MZ_JREAD_LIMIT_MAX      1000

#define MZ_JGREP_LIMIT_DEFAULT  50
#define MZ_JGREP_LIMIT_MAX      500
#define MZ_JGREP_CONTEXT_MAX    20

typedef struct mz_jwriter_s  mz_jwriter_t;
typedef struct mz_jread_s    mz_jread_t;
typedef struct mz_jgrep_s    mz_jgrep_t;

typedef struct {
    uint64_t   rows;
    size_t     ngroups;
    uint32_t  *groups;          /* lines of each chunk */
} mz_jlayout_t;

typedef struct {
    size_t  value_max;      /* bytes of the value's or matches' JSON text;
                               0: 64 KB */
    size_t  scan_max;       /* grep: bytes searched; 0: 256 MB */
    size_t  parse_max;      /* grep with a path: bytes parsed; 0: 32 MB */
} mz_jlines_limits_t;


/* Layout text comes from Redis: hostile. */
mz_rc_t mz_jlayout_from_json(const json_t *json, mz_jlayout_t **layout,
    mz_err_t *err);
void mz_jlayout_free(mz_jlayout_t *layout);


/* Writer: add rows, then end; emit is called with whole chunks. */

mz_jwriter_t *mz_jwriter_new(mz_chunk_emit_pt emit, void *ctx);
void mz_jwriter_free(mz_jwriter_t *w);
mz_rc_t mz_jwriter_add(mz_jwriter_t *w, const json_t *row, mz_err_t *err);

/* Emits what is left; *layout is owned by the caller. */
mz_rc_t mz_jwriter_end(mz_jwriter_t *w, json_t **layout, mz_err_t *err);


/*
 * Read: path is a JSON Pointer over the artifact as one array of its rows.
 * limit and offset slice the array, or the members of the object, that it
 * leads to; any other value is whole (a text too long is cut).
 */

typedef struct {
    mz_str_t  value;            /* JSON text */
    uint64_t  total;            /* elements or members; 1 for other values */
    uint64_t  offset;
    int64_t   next_offset;      /* -1: this is the end */
    bool      truncated;        /* value_max cut it */
} mz_jread_result_t;

/*
 * args: {path?, offset?, limit?}; others are ignored.  MZ_INVALID, or
 * MZ_NOT_FOUND for a row that is not there: err->msg says how to mend it.
 */
mz_rc_t mz_jread_parse(const mz_jlayout_t *layout, const json_t *args,
    const mz_jlines_limits_t *lim, mz_jread_t **read, mz_err_t *err);
const uint32_t *mz_jread_needs(const mz_jread_t *r, size_t *n);

/* bytes are borrowed until the read is freed. */
mz_rc_t mz_jread_give(mz_jread_t *r, uint32_t chunk, mz_str_t bytes);
size_t mz_jread_work(const mz_jread_t *r);

/*
 * MZ_NOT_FOUND: there is nothing at path, or a chunk was not given;
 * MZ_LIMIT: one element is too large: err->msg says how to read into it.
 */
mz_rc_t mz_jread_run(mz_jread_t *r, mz_err_t *err);
const mz_jread_result_t *mz_jread_result(const mz_jread_t *r);
void mz_jread_free(mz_jread_t *r);


/*
 * Grep: PCRE2 over each line as it is stored or, with path (a JSON Pointer
 * inside a row), over the value there: a string's text, else its JSON text.
 */

typedef struct {
    mz_str_t  matches;          /* JSON text: [{"index","before"?,"row",
                                   "after"?}, ..] */
    size_t    nmatches;         /* how many are in it */
    uint64_t  total_matches;    /* of what was searched */
    uint64_t  searched_rows;
    uint64_t  total_rows;
    uint64_t  offset;
    int64_t   next_offset;      /* -1: this is the end */
    bool      truncated;        /* value_max or the search bounds cut it */
    mz_str_t  note;             /* why and what to do; "" when whole */
} mz_jgrep_result_t;

/* args: {pattern, path?, ignore_case?, limit?, offset?, context?} */
mz_rc_t mz_jgrep_parse(const mz_jlayout_t *layout, const json_t *args,
    const mz_jlines_limits_t *lim, mz_jgrep_t **grep, mz_err_t *err);

/* A few chunks at a time, in order. */
const uint32_t *mz_jgrep_needs(const mz_jgrep_t *g, size_t *n);

/* bytes are borrowed until the next run() returns, no longer. */
mz_rc_t mz_jgrep_give(mz_jgrep_t *g, uint32_t chunk, mz_str_t bytes);
size_t mz_jgrep_work(const mz_jgrep_t *g);
mz_rc_t mz_jgrep_run(mz_jgrep_t *g, mz_err_t *err);
const mz_jgrep_result_t *mz_jgrep_result(const mz_jgrep_t *g);
void mz_jgrep_free(mz_jgrep_t *g);


#endif /* MZ_JLINES_H */
