
/*
 * sql: building a statement.  Text goes into a buffer, every value becomes
 * a parameter, identifiers come from the catalog and are quoted.  What
 * differs between warehouses is a dialect table, not code.
 *
 * All reads of the events table are plain scans that give their columns
 * short names (u user, t time in us, b bucket in us, g1.. groups); nothing
 * but such names is used above the scan, so a property called "u" is no
 * trouble.
 */

#ifndef MZ_SQL_H
#define MZ_SQL_H

#include "analysis/spec_types.h"


/* In the templates # stands for an expression, @ for a second one. */

typedef struct {
    const char  *quote;             /* of identifiers; doubled inside */
    const char  *types[6];          /* by mz_dtype_t, for CAST */
    const char  *time_us;           /* a timestamp as us since 1970 */
    const char  *trunc[7];          /* start of the bucket, by mz_grain_t */
    const char  *contains;          /* "# contains" up to the value */
    const char  *sum_double;        /* a sum that loses nothing */
    const char  *quantile;          /* of #, up to the fraction */
    const char  *add_months;        /* # us plus @ months, in us */
    const char  *months_between;    /* month starts between # and @ us */
} mz_sql_dialect_t;

typedef struct {
    const mz_spec_t         *spec;
    const mz_sql_dialect_t  *dialect;
    mz_query_t              *query;
    mz_buf_t                 b;         /* of the statement being built */
    mz_param_t              *params;
    size_t                   nparams;
    size_t                   params_cap;
    mz_rc_t                  rc;        /* sticky: MZ_OK, MZ_NOMEM.. */
} mz_sql_t;


/* Ends the statement: it becomes the next one of the query. */
void mz_sql_end(mz_sql_t *s, const char *what);
void mz_sql_free(mz_sql_t *s);

/* Text of our own. */
void mz_sql_add(mz_sql_t *s, const char *text);
void mz_sql_addf(mz_sql_t *s, const char *fmt, ...) MZ_PRINTF(2, 3);

/* Text with # and @ replaced by a and b, which are text of our own. */
void mz_sql_tpl(mz_sql_t *s, const char *tpl, const char *a, const char *b);

/* Text with # replaced by the quoted identifier. */
void mz_sql_tpl_ident(mz_sql_t *s, const char *tpl, mz_str_t name);

/* A quoted identifier. */
void mz_sql_ident(mz_sql_t *s, mz_str_t name);

/* Parameters. */
void mz_sql_param(mz_sql_t *s, const mz_param_t *p);
void mz_sql_str(mz_sql_t *s, mz_str_t v);
void mz_sql_int(mz_sql_t *s, int64_t v);
void mz_sql_double(mz_sql_t *s, double v);
void mz_sql_time(mz_sql_t *s, int64_t ms);

/* Columns of the scan. */
void mz_sql_column(mz_sql_t *s, const mz_spec_column_t *c);
void mz_sql_event(mz_sql_t *s);
void mz_sql_time_us(mz_sql_t *s);
void mz_sql_bucket(mz_sql_t *s, mz_grain_t grain);

/* ", <expr> AS g1, .." for the breakdown. */
void mz_sql_groups(mz_sql_t *s);

/* ", g1, g2" with a prefix such as "r."; NULL: nothing. */
void mz_sql_group_names(mz_sql_t *s, const char *prefix);

/*
 * A table like from, with only the rows of each partition that have its
 * smallest group (by g1, then g2, ..; null last).
 */
void mz_sql_first_group(mz_sql_t *s, const char *from,
    const char *partition);

/* Conditions of a scan, without WHERE. */
void mz_sql_from(mz_sql_t *s);
void mz_sql_events(mz_sql_t *s, const mz_str_t *events, size_t n, bool any);
void mz_sql_range(mz_sql_t *s, int64_t from_ms, int64_t to_ms);

/* " AND (..)" for each filter; range is that of a did without its own. */
void mz_sql_filters(mz_sql_t *s, const mz_spec_filters_t *filters,
    const mz_range_t *range);

/* Those on rows of the event; what it does not carry is left out. */
void mz_sql_filters_rows(mz_sql_t *s, const mz_spec_filters_t *filters,
    mz_str_t event);

/* Those on users. */
void mz_sql_filters_users(mz_sql_t *s, const mz_spec_filters_t *filters,
    const mz_range_t *range);

/* "<user> IS NOT NULL" */
void mz_sql_has_user(mz_sql_t *s);

/* "=", "<>".. of a comparison. */
const char *mz_sql_op(mz_spec_op_t op);

/* One function a kind. */
void mz_sql_segmentation(mz_sql_t *s);
void mz_sql_funnel(mz_sql_t *s);
void mz_sql_retention(mz_sql_t *s);
void mz_sql_discovery(mz_sql_t *s);
void mz_sql_lookup(mz_sql_t *s);
void mz_sql_journey(mz_sql_t *s);


#endif /* MZ_SQL_H */
