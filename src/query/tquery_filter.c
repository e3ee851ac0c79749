
#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "query/tquery_int.h"


#define MZ_TFILTER_SHOW_MAX  64     /* code points of a name in an error */

typedef enum {
    MZ_TOP_EQ,
    MZ_TOP_NE,
    MZ_TOP_LT,
    MZ_TOP_LE,
    MZ_TOP_GT,
    MZ_TOP_GE,
    MZ_TOP_IN,
    MZ_TOP_NOT_IN,
    MZ_TOP_CONTAINS,
    MZ_TOP_STARTS_WITH,
    MZ_TOP_MATCHES,
    MZ_TOP_IS_NULL,
    MZ_TOP_NOT_NULL,
    MZ_TOP_BETWEEN
} mz_top_t;

#define MZ_TFIT(t)       (1u << (t))
#define MZ_TFIT_ALL      0x3fu
#define MZ_TFIT_ORDERED  (MZ_TFIT_ALL & ~MZ_TFIT(MZ_DTYPE_BOOL))
#define MZ_TFIT_TEXT     MZ_TFIT(MZ_DTYPE_STRING)

typedef struct {
    mz_str_t    name;
    unsigned    fits;           /* dtypes, as bits */
    mz_ttest_t  test;
    bool        negate;
} mz_top_row_t;

/* What parsing one filter works on. */

typedef struct {
    size_t         i;
    mz_str_t       column;
    mz_str_t       op;
    mz_tfilter_t  *f;
    mz_err_t      *err;
} mz_tparse_t;


static const mz_top_row_t  mz_tops[] = {
    [MZ_TOP_EQ] =
        { mz_str("eq"),          MZ_TFIT_ALL,     MZ_TTEST_RANGE,    false },
    [MZ_TOP_NE] =
        { mz_str("ne"),          MZ_TFIT_ALL,     MZ_TTEST_RANGE,    true },
    [MZ_TOP_LT] =
        { mz_str("lt"),          MZ_TFIT_ORDERED, MZ_TTEST_RANGE,    false },
    [MZ_TOP_LE] =
        { mz_str("le"),          MZ_TFIT_ORDERED, MZ_TTEST_RANGE,    false },
    [MZ_TOP_GT] =
        { mz_str("gt"),          MZ_TFIT_ORDERED, MZ_TTEST_RANGE,    false },
    [MZ_TOP_GE] =
        { mz_str("ge"),          MZ_TFIT_ORDERED, MZ_TTEST_RANGE,    false },
    [MZ_TOP_IN] =
        { mz_str("in"),          MZ_TFIT_ALL,     MZ_TTEST_SET,      false },
    [MZ_TOP_NOT_IN] =
        { mz_str("not_in"),      MZ_TFIT_ALL,     MZ_TTEST_SET,      true },
    [MZ_TOP_CONTAINS] =
        { mz_str("contains"),    MZ_TFIT_TEXT,    MZ_TTEST_CONTAINS, false },
    [MZ_TOP_STARTS_WITH] =
        { mz_str("starts_with"), MZ_TFIT_TEXT,    MZ_TTEST_PREFIX,   false },
    [MZ_TOP_MATCHES] =
        { mz_str("matches"),     MZ_TFIT_TEXT,    MZ_TTEST_REGEX,    false },
    [MZ_TOP_IS_NULL] =
        { mz_str("is_null"),     MZ_TFIT_ALL,     MZ_TTEST_NULL,     false },
    [MZ_TOP_NOT_NULL] =
        { mz_str("not_null"),    MZ_TFIT_ALL,     MZ_TTEST_NULL,     true },
    [MZ_TOP_BETWEEN] =
        { mz_str("between"),     MZ_TFIT_ORDERED, MZ_TTEST_RANGE,    false }
};

static const char *const  mz_tfilter_wants[] = {
    [MZ_DTYPE_STRING] = "a string",
    [MZ_DTYPE_INT64] = "a number",
    [MZ_DTYPE_FLOAT64] = "a number",
    [MZ_DTYPE_BOOL] = "true or false",
    [MZ_DTYPE_TIMESTAMP] = "a time such as \"2026-06-15T12:00:00Z\" or a date",
    [MZ_DTYPE_DATE] = "a date such as \"2026-06-15\""
};


static mz_rc_t mz_tfilter_op(mz_tparse_t *p, mz_top_t *op);
static mz_rc_t mz_tfilter_no_op(mz_tparse_t *p);
static mz_rc_t mz_tfilter_range(mz_tparse_t *p, mz_top_t op,
    const json_t *value);
static mz_rc_t mz_tfilter_set(mz_tparse_t *p, const json_t *value);
static mz_rc_t mz_tfilter_text(mz_tparse_t *p, const json_t *value);
static mz_rc_t mz_tfilter_literal(mz_tparse_t *p, const json_t *value,
    mz_tliteral_t *lit);
static int mz_tfilter_by_int(const void *a, const void *b);
static int mz_tfilter_by_double(const void *a, const void *b);
static int mz_tfilter_by_text(const void *a, const void *b);
static mz_rc_t mz_tfilter_fail(mz_tparse_t *p, const json_t *value,
    const char *what);


mz_rc_t
mz_tquery_filter_parse(mz_tquery_t *q, size_t i, const json_t *obj,
    mz_err_t *err)
{
    mz_rc_t        rc;
    mz_top_t       op;
    mz_tparse_t    p;
    const json_t  *value;

    p.i = i;
    p.f = &q->filters[i];
    p.err = err;
    p.column = mz_json_get_str(obj, "column");
    p.op = mz_json_get_str(obj, "op");

    rc = mz_layout_need(q->layout, p.column, &p.f->column, err);
    if (rc != MZ_OK) {
        return rc;
    }

    p.column = mz_utf8_prefix(p.column, MZ_TFILTER_SHOW_MAX);
    p.f->dtype = q->layout->columns[p.f->column].dtype;

    rc = mz_tfilter_op(&p, &op);
    if (rc != MZ_OK) {
        return rc;
    }

    value = json_object_get(obj, "value");

    switch (p.f->test) {

    case MZ_TTEST_NULL:
        return MZ_OK;

    case MZ_TTEST_RANGE:
        return mz_tfilter_range(&p, op, value);

    case MZ_TTEST_SET:
        return mz_tfilter_set(&p, value);

    default:
        return mz_tfilter_text(&p, value);
    }
}


void
mz_tquery_filter_free(mz_tfilter_t *f)
{
    free(f->values);
    mz_regex_free(f->regex);
}


static mz_rc_t
mz_tfilter_op(mz_tparse_t *p, mz_top_t *op)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_tops); i++) {
        if (mz_str_eq(p->op, mz_tops[i].name)
            && (mz_tops[i].fits & MZ_TFIT(p->f->dtype)))
        {
            *op = (mz_top_t) i;
            p->f->test = mz_tops[i].test;
            p->f->negate = mz_tops[i].negate;
            return MZ_OK;
        }
    }

    *op = MZ_TOP_EQ;

    return mz_tfilter_no_op(p);
}


static mz_rc_t
mz_tfilter_no_op(mz_tparse_t *p)
{
    size_t     i;
    mz_rc_t    rc;
    mz_str_t   op;
    mz_buf_t   list;

    mz_buf_init(&list, 0);

    for (i = 0; i < MZ_ARRAY_LEN(mz_tops); i++) {
        if (mz_tops[i].fits & MZ_TFIT(p->f->dtype)) {
            mz_buf_addf(&list, "%s%s", list.len ? ", " : "",
                        mz_tops[i].name.data);
        }
    }

    op = mz_utf8_prefix(p->op, MZ_TFILTER_SHOW_MAX);

    rc = mz_fail(p->err, MZ_INVALID,
                 "filters[%zu]: there is no op \"%.*s\" for column \"%.*s\" "
                 "(%s); there are: %s", p->i, (int) op.len,
                 op.len ? op.data : "", (int) p->column.len, p->column.data,
                 mz_dtype_name(p->f->dtype), mz_buf_cstr(&list));

    mz_buf_free(&list);

    return rc;
}


static mz_rc_t
mz_tfilter_range(mz_tparse_t *p, mz_top_t op, const json_t *value)
{
    mz_rc_t               rc;
    mz_tliteral_t         a, b;
    const mz_tliteral_t  *lo, *hi;

    if (op == MZ_TOP_BETWEEN) {
        if (!json_is_array(value) || json_array_size(value) != 2) {
            return mz_tfilter_fail(p, value,
                                   "an array of two, [lowest, highest]");
        }

        rc = mz_tfilter_literal(p, json_array_get(value, 1), &b);
        if (rc != MZ_OK) {
            return rc;
        }

        value = json_array_get(value, 0);
    }

    rc = mz_tfilter_literal(p, value, &a);
    if (rc != MZ_OK) {
        return rc;
    }

    lo = op == MZ_TOP_LT || op == MZ_TOP_LE ? NULL : &a;
    hi = op == MZ_TOP_GT || op == MZ_TOP_GE ? NULL
         : op == MZ_TOP_BETWEEN ? &b : &a;

    mz_tquery_bounds(p->f, lo, op == MZ_TOP_GT, hi, op == MZ_TOP_LT);

    return MZ_OK;
}


static mz_rc_t
mz_tfilter_set(mz_tparse_t *p, const json_t *value)
{
    size_t          i, n;
    mz_rc_t         rc;
    mz_tfilter_t   *f;
    mz_tliteral_t   lit;

    f = p->f;
    n = json_is_array(value) ? json_array_size(value) : 0;

    if (n == 0 || n > MZ_TQUERY_VALUES_MAX) {
        return mz_tfilter_fail(p, value, "an array of 1 to 1000 values");
    }

    f->values = calloc(n, sizeof(mz_value_t));
    if (f->values == NULL) {
        return mz_fail(p->err, MZ_NOMEM, "out of memory");
    }

    for (i = 0; i < n; i++) {
        rc = mz_tfilter_literal(p, json_array_get(value, i), &lit);
        if (rc != MZ_OK) {
            return rc;
        }

        /* an int64 is never 2.5, but may be 2.0 */

        mz_tquery_bounds(f, &lit, false, &lit, false);

        if (!f->is_never) {
            f->values[f->nvalues++] = f->lo;
        }
    }

    qsort(f->values, f->nvalues, sizeof(mz_value_t),
          f->dtype == MZ_DTYPE_STRING ? mz_tfilter_by_text
          : f->dtype == MZ_DTYPE_FLOAT64 ? mz_tfilter_by_double
          : mz_tfilter_by_int);

    return MZ_OK;
}


static mz_rc_t
mz_tfilter_text(mz_tparse_t *p, const json_t *value)
{
    mz_rc_t        rc;
    mz_err_t       why;
    mz_tliteral_t  lit;

    rc = mz_tfilter_literal(p, value, &lit);
    if (rc != MZ_OK) {
        return rc;
    }

    p->f->lo = lit.v;

    if (p->f->test != MZ_TTEST_REGEX) {
        return MZ_OK;
    }

    rc = mz_regex_new(lit.v.s, false, true, &p->f->regex, &why);

    if (rc != MZ_OK) {
        return mz_fail(p->err, rc, "filters[%zu]: %s", p->i, why.msg);
    }

    return MZ_OK;
}


static mz_rc_t
mz_tfilter_literal(mz_tparse_t *p, const json_t *value, mz_tliteral_t *lit)
{
    bool        is_fine;
    mz_dtype_t  t;

    t = p->f->dtype;
    memset(lit, 0, sizeof(mz_tliteral_t));

    switch (t) {

    case MZ_DTYPE_STRING:
        is_fine = json_is_string(value);
        lit->v.s = mz_json_str(value);
        break;

    case MZ_DTYPE_BOOL:
        is_fine = json_is_boolean(value);
        lit->v.i = json_is_true(value);
        break;

    case MZ_DTYPE_INT64:
    case MZ_DTYPE_FLOAT64:
        is_fine = json_is_number(value);
        lit->is_real = json_is_real(value);
        lit->v.i = json_integer_value(value);
        lit->v.d = json_number_value(value);
        break;

    default:
        is_fine = json_is_string(value)
                  && mz_tquery_time(t, mz_json_str(value), &lit->v.i);
    }

    return is_fine ? MZ_OK : mz_tfilter_fail(p, value, mz_tfilter_wants[t]);
}


static int
mz_tfilter_by_int(const void *a, const void *b)
{
    int64_t  x, y;

    x = ((const mz_value_t *) a)->i;
    y = ((const mz_value_t *) b)->i;

    return (x > y) - (x < y);
}


static int
mz_tfilter_by_double(const void *a, const void *b)
{
    double  x, y;

    x = ((const mz_value_t *) a)->d;
    y = ((const mz_value_t *) b)->d;

    return (x > y) - (x < y);
}


static int
mz_tfilter_by_text(const void *a, const void *b)
{
    return mz_str_cmp(((const mz_value_t *) a)->s,
                      ((const mz_value_t *) b)->s);
}


static mz_rc_t
mz_tfilter_fail(mz_tparse_t *p, const json_t *value, const char *what)
{
    return mz_fail(p->err, MZ_INVALID,
                   "filters[%zu]: %.*s on column \"%.*s\" (%s) wants %s as "
                   "its value%s", p->i, (int) p->op.len, p->op.data,
                   (int) p->column.len, p->column.data,
                   mz_dtype_name(p->f->dtype), what,
                   json_is_null(value)
                   ? "; use is_null or not_null for nulls" : "");
}
