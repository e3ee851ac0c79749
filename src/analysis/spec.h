
/*
 * spec: the typed analysis spec.  A question becomes a spec (by the planner,
 * an LLM or by hand); a spec becomes SQL here, and the rows that come back
 * become the result here.  The agent never writes SQL another way.
 *
 * The JSON form is the one of docs/analysis-spec.md.  Kinds: segmentation,
 * funnel, retention, discovery (and lookup, journey).
 */

#ifndef MZ_SPEC_H
#define MZ_SPEC_H

#include "analysis/catalog.h"


typedef struct mz_spec_s  mz_spec_t;

typedef enum {
    MZ_DIALECT_DUCKDB,
    MZ_DIALECT_POSTGRES,
    MZ_DIALECT_CLICKHOUSE
} mz_dialect_t;

/* One statement; parameters are bound in order as $1, $2, .. */

typedef struct {
    mz_dtype_t  dtype;
    mz_value_t  value;          /* strings borrow from the query's spec */
} mz_param_t;

typedef struct {
    mz_buf_t     sql;           /* NUL-terminated text */
    mz_param_t  *params;
    size_t       nparams;
    const char  *what;          /* for progress: "Counting purchases" */
} mz_statement_t;

typedef struct {
    mz_statement_t  *statements;
    size_t           n;
} mz_query_t;

/* What an analysis comes to: one table and the facts of the answer. */

typedef struct {
    mz_rset_t  *table;          /* owned */
    json_t     *facts;          /* owned; docs/analysis-spec.md, "facts" */
} mz_result_t;


/*
 * Parses, validates against the catalog and fills in the defaults.
 * MZ_INVALID: err names the member, what is wrong, and the nearest names of
 * the catalog.  now_ms fixes "last 7 days".  The catalog must outlive *out.
 */
mz_rc_t mz_spec_parse(const json_t *j, const mz_catalog_t *cat,
    int64_t now_ms, mz_spec_t **out, mz_err_t *err);
void mz_spec_free(mz_spec_t *spec);

/* The complete spec with its defaults; a new reference. */
json_t *mz_spec_to_json(const mz_spec_t *spec);

/* Kind by name: "funnel". */
const char *mz_spec_kind(const mz_spec_t *spec);

/* [from, to) of the analysed range in ms. */
void mz_spec_range(const mz_spec_t *spec, int64_t *from_ms, int64_t *to_ms);

/* In words: events, range with dates, window, filters, timezone, rules. */
void mz_spec_definition(const mz_spec_t *spec, mz_buf_t *out);

/*
 * SQL of the dialect.  Identifiers come from the catalog and are quoted;
 * every value is a parameter.  Deterministic: same spec, same text.
 */
mz_rc_t mz_spec_compile(const mz_spec_t *spec, mz_dialect_t dialect,
    mz_query_t *out, mz_err_t *err);
void mz_query_free(mz_query_t *q);

/*
 * From the rows of the statements, in their order, to the result: empty
 * buckets filled, rates, comparison, totals, maturity, top groups.
 */
mz_rc_t mz_spec_shape(const mz_spec_t *spec, mz_rset_t *const *rows,
    size_t n, mz_result_t *out, mz_err_t *err);
void mz_result_free(mz_result_t *r);


#endif /* MZ_SPEC_H */
