
#include "analysis/sql.h"


/*
 * DuckDB: times are TIMESTAMP (UTC).  Differences are taken in whole us,
 * never in DOUBLE seconds, where // does not floor.
 */

static const mz_sql_dialect_t  mz_sql_duckdb = {
    .quote = "\"",
    .types = {
        [MZ_DTYPE_STRING] = "VARCHAR",
        [MZ_DTYPE_INT64] = "BIGINT",
        [MZ_DTYPE_FLOAT64] = "DOUBLE",
        [MZ_DTYPE_BOOL] = "BOOLEAN",
        [MZ_DTYPE_TIMESTAMP] = "TIMESTAMP",
        [MZ_DTYPE_DATE] = "DATE"
    },
    .time_us = "epoch_us(#)",
    .trunc = {
        [MZ_GRAIN_HOUR] = "date_trunc('hour', #)",
        [MZ_GRAIN_DAY] = "CAST(date_trunc('day', #) AS TIMESTAMP)",
        [MZ_GRAIN_WEEK] = "CAST(date_trunc('week', #) AS TIMESTAMP)",
        [MZ_GRAIN_MONTH] = "CAST(date_trunc('month', #) AS TIMESTAMP)",
        [MZ_GRAIN_QUARTER] = "CAST(date_trunc('quarter', #) AS TIMESTAMP)",
        [MZ_GRAIN_YEAR] = "CAST(date_trunc('year', #) AS TIMESTAMP)"
    },
    .contains = "contains(lower(CAST(# AS VARCHAR)), lower(",
    .sum_double = "fsum(#)",
    .quantile = "quantile_cont(CAST(# AS DOUBLE), ",
    .add_months = "epoch_us(make_timestamp(#) + to_months(CAST(@ AS"
                  " INTEGER)))",
    .months_between = "date_diff('month', make_timestamp(#),"
                      " make_timestamp(@))"
};


static mz_rc_t mz_sql_compile(mz_sql_t *s);


mz_rc_t
mz_spec_compile(const mz_spec_t *spec, mz_dialect_t dialect, mz_query_t *out,
    mz_err_t *err)
{
    mz_rc_t   rc;
    mz_sql_t  s;

    memset(out, 0, sizeof(mz_query_t));

    if (dialect != MZ_DIALECT_DUCKDB) {
        return mz_fail(err, MZ_INVALID, "dialect not available: this version"
                       " writes SQL for DuckDB only");
    }

    memset(&s, 0, sizeof(mz_sql_t));
    mz_buf_init(&s.b, 1024 * 1024);
    s.spec = spec;
    s.dialect = &mz_sql_duckdb;
    s.query = out;

    rc = mz_sql_compile(&s);
    mz_sql_free(&s);

    if (rc != MZ_OK) {
        mz_query_free(out);
        return mz_fail(err, rc, "the SQL of this analysis cannot be built: %s",
                       mz_rc_name(rc));
    }

    return MZ_OK;
}


void
mz_query_free(mz_query_t *q)
{
    size_t  i;

    for (i = 0; i < q->n; i++) {
        mz_buf_free(&q->statements[i].sql);
        free(q->statements[i].params);
    }

    free(q->statements);
    memset(q, 0, sizeof(mz_query_t));
}


static mz_rc_t
mz_sql_compile(mz_sql_t *s)
{
    static void (*const  kinds[])(mz_sql_t *s) = {
        mz_sql_segmentation,
        mz_sql_funnel,
        mz_sql_retention,
        mz_sql_discovery,
        mz_sql_lookup,
        mz_sql_journey
    };

    kinds[s->spec->kind](s);

    return s->rc;
}
