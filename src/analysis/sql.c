
#include "analysis/sql.h"
#include "base/mz_str.h"


#define MZ_SQL_TEXT_MAX        (1024 * 1024)
#define MZ_SQL_STATEMENTS_MAX  64


static mz_param_t *mz_sql_next(mz_sql_t *s, mz_dtype_t dtype);


void
mz_sql_end(mz_sql_t *s, const char *what)
{
    mz_statement_t  *list;

    if (s->rc == MZ_OK) {
        (void) mz_buf_cstr(&s->b);
        s->rc = s->b.rc;
    }

    if (s->rc != MZ_OK) {
        return;
    }

    list = reallocarray(s->query->statements, s->query->n + 1,
                        sizeof(mz_statement_t));
    if (list == NULL) {
        s->rc = MZ_NOMEM;
        return;
    }

    s->query->statements = list;
    list += s->query->n++;
    list->sql = s->b;
    list->params = s->params;
    list->nparams = s->nparams;
    list->what = what;

    mz_buf_init(&s->b, MZ_SQL_TEXT_MAX);
    s->params = NULL;
    s->nparams = 0;
    s->params_cap = 0;
}


void
mz_sql_free(mz_sql_t *s)
{
    mz_buf_free(&s->b);
    free(s->params);
    s->params = NULL;
}


void
mz_sql_add(mz_sql_t *s, const char *text)
{
    mz_buf_add_c(&s->b, text);
}


void
mz_sql_addf(mz_sql_t *s, const char *fmt, ...)
{
    int      n;
    char     line[256];
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);

    if (n < 0 || (size_t) n >= sizeof(line)) {
        s->rc = MZ_INTERNAL;
        return;
    }

    mz_sql_add(s, line);
}


void
mz_sql_tpl(mz_sql_t *s, const char *tpl, const char *a, const char *b)
{
    for ( /* void */ ; *tpl != '\0'; tpl++) {
        if (*tpl == '#') {
            mz_sql_add(s, a);
        } else if (*tpl == '@') {
            mz_sql_add(s, b);
        } else {
            mz_buf_add_char(&s->b, *tpl);
        }
    }
}


void
mz_sql_tpl_ident(mz_sql_t *s, const char *tpl, mz_str_t name)
{
    for ( /* void */ ; *tpl != '\0'; tpl++) {
        if (*tpl == '#') {
            mz_sql_ident(s, name);
        } else {
            mz_buf_add_char(&s->b, *tpl);
        }
    }
}


void
mz_sql_ident(mz_sql_t *s, mz_str_t name)
{
    size_t  i;

    mz_sql_add(s, s->dialect->quote);

    for (i = 0; i < name.len; i++) {
        if (name.data[i] == s->dialect->quote[0]) {
            mz_buf_add_char(&s->b, name.data[i]);
        }
        mz_buf_add_char(&s->b, name.data[i]);
    }

    mz_sql_add(s, s->dialect->quote);
}


void
mz_sql_param(mz_sql_t *s, const mz_param_t *p)
{
    mz_param_t  *next;

    next = mz_sql_next(s, p->dtype);

    if (next != NULL) {
        next->value = p->value;
    }
}


void
mz_sql_str(mz_sql_t *s, mz_str_t v)
{
    mz_param_t  *p;

    p = mz_sql_next(s, MZ_DTYPE_STRING);

    if (p != NULL) {
        p->value.s = v;
    }
}


void
mz_sql_int(mz_sql_t *s, int64_t v)
{
    mz_param_t  *p;

    p = mz_sql_next(s, MZ_DTYPE_INT64);

    if (p != NULL) {
        p->value.i = v;
    }
}


void
mz_sql_double(mz_sql_t *s, double v)
{
    mz_param_t  *p;

    p = mz_sql_next(s, MZ_DTYPE_FLOAT64);

    if (p != NULL) {
        p->value.d = v;
    }
}


void
mz_sql_time(mz_sql_t *s, int64_t ms)
{
    mz_param_t  *p;

    p = mz_sql_next(s, MZ_DTYPE_TIMESTAMP);

    if (p != NULL) {
        p->value.i = ms * 1000;
    }
}


/*
 * Writes "$n" and gives the n-th parameter to be filled in.  A double says
 * so: next to a whole number it would be taken for one and be rounded.
 */

static mz_param_t *
mz_sql_next(mz_sql_t *s, mz_dtype_t dtype)
{
    size_t       cap;
    mz_param_t  *p;

    if (s->nparams == s->params_cap) {
        cap = s->params_cap == 0 ? 16 : s->params_cap * 2;

        p = reallocarray(s->params, cap, sizeof(mz_param_t));
        if (p == NULL) {
            s->rc = MZ_NOMEM;
            return NULL;
        }

        s->params = p;
        s->params_cap = cap;
    }

    p = &s->params[s->nparams++];
    memset(p, 0, sizeof(mz_param_t));
    p->dtype = dtype;
    mz_buf_addf(&s->b, dtype == MZ_DTYPE_FLOAT64 ? "CAST($%zu AS " : "$%zu",
                s->nparams);

    if (dtype == MZ_DTYPE_FLOAT64) {
        mz_sql_add(s, s->dialect->types[dtype]);
        mz_sql_add(s, ")");
    }

    return p;
}
