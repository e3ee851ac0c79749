
/* Scans of the events table: columns, conditions, filters. */

#include "analysis/spec_read.h"
#include "analysis/sql.h"
#include "base/mz_str.h"


static const char *const  mz_sql_ops[] = {
    "=", "<>", ">", ">=", "<", "<="
};


static void mz_sql_filter_row(mz_sql_t *s, const mz_spec_filter_t *f);
static void mz_sql_filter_list(mz_sql_t *s, const mz_spec_filter_t *f);
static void mz_sql_filter_did(mz_sql_t *s, const mz_spec_filter_t *f,
    const mz_range_t *range);
static bool mz_sql_count_holds(mz_spec_op_t op, int64_t n, int64_t value);


const char *
mz_sql_op(mz_spec_op_t op)
{
    return mz_sql_ops[op];
}


void
mz_sql_column(mz_sql_t *s, const mz_spec_column_t *c)
{
    mz_sql_add(s, "CAST(");
    mz_sql_ident(s, c->name);
    mz_sql_add(s, " AS ");
    mz_sql_add(s, s->dialect->types[c->dtype]);
    mz_sql_add(s, ")");
}


void
mz_sql_event(mz_sql_t *s)
{
    mz_spec_column_t  c;

    memset(&c, 0, sizeof(mz_spec_column_t));
    c.name = s->spec->cat->event_column;
    c.dtype = MZ_DTYPE_STRING;
    mz_sql_column(s, &c);
}


void
mz_sql_time_us(mz_sql_t *s)
{
    mz_sql_tpl_ident(s, s->dialect->time_us, s->spec->cat->time_column);
}


void
mz_sql_bucket(mz_sql_t *s, mz_grain_t grain)
{
    const char  *tpl;

    tpl = s->dialect->time_us;

    for ( /* void */ ; *tpl != '\0'; tpl++) {
        if (*tpl == '#') {
            mz_sql_tpl_ident(s, s->dialect->trunc[grain],
                             s->spec->cat->time_column);
        } else {
            mz_buf_add_char(&s->b, *tpl);
        }
    }
}


void
mz_sql_groups(mz_sql_t *s)
{
    size_t  i;

    for (i = 0; i < s->spec->nbreakdown; i++) {
        mz_sql_add(s, ", ");
        mz_sql_column(s, &s->spec->breakdown[i]);
        mz_sql_addf(s, " AS g%zu", i + 1);
    }
}


void
mz_sql_group_names(mz_sql_t *s, const char *prefix)
{
    size_t  i;

    for (i = 0; prefix != NULL && i < s->spec->nbreakdown; i++) {
        mz_sql_addf(s, ", %sg%zu", prefix, i + 1);
    }
}


/*
 * Not row_number() = 1: DuckDB turns that into an aggregate which, with
 * NULLS LAST and nulls among the values, was seen to take a wrong row.
 */

void
mz_sql_first_group(mz_sql_t *s, const char *from, const char *partition)
{
    size_t  i;

    for (i = s->spec->nbreakdown; i > 0; i--) {
        mz_sql_addf(s, "(SELECT * FROM (SELECT *, min(g%zu) OVER (PARTITION"
                       " BY %s) AS w%zu FROM ", i, partition, i);
    }

    mz_sql_add(s, from);

    for (i = 1; i <= s->spec->nbreakdown; i++) {
        mz_sql_addf(s, ") o%zu WHERE g%zu IS NOT DISTINCT FROM w%zu) q%zu", i,
                    i, i, i);
    }
}


void
mz_sql_from(mz_sql_t *s)
{
    mz_sql_add(s, " FROM ");
    mz_sql_ident(s, s->spec->cat->table);
}


void
mz_sql_events(mz_sql_t *s, const mz_str_t *events, size_t n, bool any)
{
    size_t  i;

    if (any || n == 0) {
        mz_sql_add(s, "TRUE");
        return;
    }

    mz_sql_event(s);
    mz_sql_add(s, n == 1 ? " = " : " IN (");

    for (i = 0; i < n; i++) {
        mz_sql_add(s, i == 0 ? "" : ", ");
        mz_sql_str(s, events[i]);
    }

    mz_sql_add(s, n == 1 ? "" : ")");
}


void
mz_sql_range(mz_sql_t *s, int64_t from_ms, int64_t to_ms)
{
    mz_sql_ident(s, s->spec->cat->time_column);
    mz_sql_add(s, " >= ");
    mz_sql_time(s, from_ms);
    mz_sql_add(s, " AND ");
    mz_sql_ident(s, s->spec->cat->time_column);
    mz_sql_add(s, " < ");
    mz_sql_time(s, to_ms);
}


void
mz_sql_filters(mz_sql_t *s, const mz_spec_filters_t *filters,
    const mz_range_t *range)
{
    mz_sql_filters_rows(s, filters, mz_str("*"));
    mz_sql_filters_users(s, filters, range);
}


void
mz_sql_filters_rows(mz_sql_t *s, const mz_spec_filters_t *filters,
    mz_str_t event)
{
    size_t                   i;
    const mz_spec_filter_t  *f;

    for (i = 0; i < filters->n; i++) {
        f = &filters->items[i];

        if (f->is_did
            || (!mz_str_eq_c(event, "*")
                && !mz_read_event_has(s->spec, event, &f->column)))
        {
            continue;
        }

        mz_sql_add(s, " AND (");
        mz_sql_filter_row(s, f);
        mz_sql_add(s, ")");
    }
}


void
mz_sql_filters_users(mz_sql_t *s, const mz_spec_filters_t *filters,
    const mz_range_t *range)
{
    size_t  i;

    for (i = 0; i < filters->n; i++) {
        if (filters->items[i].is_did) {
            mz_sql_add(s, " AND (");
            mz_sql_filter_did(s, &filters->items[i], range);
            mz_sql_add(s, ")");
        }
    }
}


void
mz_sql_has_user(mz_sql_t *s)
{
    mz_sql_ident(s, s->spec->cat->user_column);
    mz_sql_add(s, " IS NOT NULL");
}


/* A null value is not equal to anything: neq and its kin keep it. */

static void
mz_sql_filter_row(mz_sql_t *s, const mz_spec_filter_t *f)
{
    mz_str_t  name;

    name = f->column.name;

    switch (f->op) {

    case MZ_OP_IN:
    case MZ_OP_NOT_IN:
        mz_sql_filter_list(s, f);
        break;

    case MZ_OP_CONTAINS:
    case MZ_OP_NOT_CONTAINS:
        if (f->op == MZ_OP_NOT_CONTAINS) {
            mz_sql_ident(s, name);
            mz_sql_add(s, " IS NULL OR NOT ");
        }

        mz_sql_tpl_ident(s, s->dialect->contains, name);
        mz_sql_param(s, &f->values[0]);
        mz_sql_add(s, "))");
        break;

    case MZ_OP_IS_SET:
    case MZ_OP_NOT_SET:
        mz_sql_ident(s, name);
        mz_sql_add(s, f->op == MZ_OP_IS_SET ? " IS NOT NULL" : " IS NULL");
        break;

    case MZ_OP_NEQ:
        mz_sql_ident(s, name);
        mz_sql_add(s, " IS NULL OR ");
        /* fall through */

    default:
        mz_sql_column(s, &f->column);
        mz_sql_addf(s, " %s ", mz_sql_op(f->op));
        mz_sql_param(s, &f->values[0]);
        break;
    }
}


static void
mz_sql_filter_list(mz_sql_t *s, const mz_spec_filter_t *f)
{
    size_t  i;

    if (f->op == MZ_OP_NOT_IN) {
        mz_sql_ident(s, f->column.name);
        mz_sql_add(s, " IS NULL OR ");
    }

    mz_sql_column(s, &f->column);
    mz_sql_add(s, f->op == MZ_OP_NOT_IN ? " NOT IN (" : " IN (");

    for (i = 0; i < f->nvalues; i++) {
        mz_sql_add(s, i == 0 ? "" : ", ");
        mz_sql_param(s, &f->values[i]);
    }

    mz_sql_add(s, ")");
}


/*
 * Users are grouped where the event occurs at all, so a condition that zero
 * fulfils is asked the other way round: not among those who break it.
 */

static void
mz_sql_filter_did(mz_sql_t *s, const mz_spec_filter_t *f,
    const mz_range_t *range)
{
    bool                 zero_holds, is_in;
    const mz_catalog_t  *cat;

    cat = s->spec->cat;
    zero_holds = mz_sql_count_holds(f->count_op, 0, f->count);
    is_in = zero_holds == f->negate;

    if (f->has_range) {
        range = &f->range;
    }

    mz_sql_has_user(s);
    mz_sql_add(s, " AND ");
    mz_sql_ident(s, cat->user_column);
    mz_sql_add(s, is_in ? " IN (SELECT u FROM (SELECT "
                        : " NOT IN (SELECT u FROM (SELECT ");
    mz_sql_ident(s, cat->user_column);
    mz_sql_add(s, " AS u");
    mz_sql_from(s);
    mz_sql_add(s, " WHERE ");
    mz_sql_events(s, &f->event, 1, mz_str_eq_c(f->event, "*"));
    mz_sql_add(s, " AND ");
    mz_sql_range(s, range->from_ms, range->to_ms);
    mz_sql_add(s, " AND ");
    mz_sql_has_user(s);
    mz_sql_filters(s, &f->filters, range);
    mz_sql_add(s, ") d GROUP BY u HAVING ");
    mz_sql_add(s, zero_holds ? "NOT (count(*) " : "(count(*) ");
    mz_sql_add(s, mz_sql_op(f->count_op));
    mz_sql_add(s, " ");
    mz_sql_int(s, f->count);
    mz_sql_add(s, "))");
}


static bool
mz_sql_count_holds(mz_spec_op_t op, int64_t n, int64_t value)
{
    switch (op) {

    case MZ_OP_EQ:
        return n == value;

    case MZ_OP_NEQ:
        return n != value;

    case MZ_OP_GT:
        return n > value;

    case MZ_OP_GTE:
        return n >= value;

    case MZ_OP_LT:
        return n < value;

    default:
        return n <= value;
    }
}
