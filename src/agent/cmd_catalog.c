
#include "agent/cmd.h"
#include "agent/cmd_warehouse.h"
#include "agent/rset_print.h"
#include "base/mz_str.h"
#include "base/mz_time.h"


#define MZ_CMD_CATALOG_VALUES  8        /* shown of a property */

typedef struct {
    mz_cmd_warehouse_t   warehouse;
    mz_catalog_roles_t   roles;
    bool                 is_json;
    bool                 must_scan;
} mz_cmd_catalog_t;

#define OFF(m)  offsetof(mz_cmd_catalog_t, m)

static const mz_option_t  mz_cmd_catalog_options[] = {
    MZ_CMD_WAREHOUSE_OPTIONS(OFF(warehouse)),
    { "json", MZ_OPT_FLAG, OFF(is_json), NULL, NULL,
      "print the catalog as JSON", 0, 0 },
    { "refresh", MZ_OPT_FLAG, OFF(must_scan), NULL, NULL,
      "scan even if the cache is current", 0, 0 },
    { "table", MZ_OPT_STRING, OFF(roles.table), NULL, "NAME",
      "the table of events (the one that has the columns)", 0, 0 },
    { "event-column", MZ_OPT_STRING, OFF(roles.event_column), NULL, "NAME",
      "its column with the event's name (event_name)", 0, 0 },
    { "time-column", MZ_OPT_STRING, OFF(roles.time_column), NULL, "NAME",
      "its column with the time (event_time)", 0, 0 },
    { "user-column", MZ_OPT_STRING, OFF(roles.user_column), NULL, "NAME",
      "its column with the user (user_id)", 0, 0 },
};

static const mz_options_t  mz_cmd_catalog_usage = {
    "catalog", "--warehouse ADDR [options]",
    "Says what can be asked about: events, their properties and values.\n"
    "The scan is kept in a file beside the warehouse until that changes;\n"
    "table and columns that are named here are kept with it.",
    mz_cmd_catalog_options, MZ_ARRAY_LEN(mz_cmd_catalog_options), 0, 0
};

static mz_rc_t mz_cmd_catalog_run(const mz_cmd_catalog_t *o, mz_buf_t *out,
    mz_err_t *err);
static mz_rc_t mz_cmd_catalog_print(const mz_catalog_t *cat, mz_buf_t *out);
static mz_rset_t *mz_cmd_catalog_events(const mz_catalog_t *cat);
static mz_rset_t *mz_cmd_catalog_properties(const mz_catalog_t *cat);
static mz_rset_t *mz_cmd_catalog_table(const char *const *names,
    const mz_dtype_t *dtypes, size_t n);
static void mz_cmd_catalog_own(mz_buf_t *b, const mz_catalog_t *cat,
    const mz_catalog_event_t *e);
static void mz_cmd_catalog_values(mz_buf_t *b,
    const mz_catalog_property_t *p);


int
mz_cmd_catalog(int argc, char **argv)
{
    int               rc, first;
    mz_buf_t          out;
    mz_err_t          err;
    mz_cmd_catalog_t  o;

    memset(&o, 0, sizeof(o));
    mz_cmd_warehouse_init(&o.warehouse);

    rc = mz_options_parse(&mz_cmd_catalog_usage, &o, argc, argv, &first);
    if (rc != MZ_OPTIONS_CONTINUE) {
        return rc;
    }

    /* Roles are for a scan: what the cache says would not heed them. */
    o.must_scan |= o.roles.table != NULL || o.roles.event_column != NULL
                   || o.roles.time_column != NULL
                   || o.roles.user_column != NULL;

    mz_buf_init(&out, 0);
    rc = MZ_EXIT_OK;

    if (mz_cmd_catalog_run(&o, &out, &err) != MZ_OK) {
        rc = mz_cmd_fail(&err);
        rc = o.warehouse.address == NULL ? MZ_EXIT_USAGE : rc;

    } else {
        fwrite(out.data, 1, out.len, stdout);
    }

    mz_buf_free(&out);

    return rc;
}


static mz_rc_t
mz_cmd_catalog_run(const mz_cmd_catalog_t *o, mz_buf_t *out, mz_err_t *err)
{
    mz_rc_t          rc;
    mz_catalog_t    *cat;
    mz_warehouse_t  *wh;

    rc = mz_cmd_warehouse_open(&o->warehouse, &wh, err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_cmd_warehouse_catalog(&o->warehouse, wh, o->must_scan, &o->roles,
                                  &cat, err);
    wh->ops->close(wh);

    if (rc != MZ_OK) {
        return rc;
    }

    if (o->is_json) {
        mz_json_dump(out, cat->json);
        mz_buf_add_char(out, '\n');
        rc = out->rc;

    } else {
        rc = mz_cmd_catalog_print(cat, out);
    }

    mz_catalog_free(cat);

    return rc == MZ_OK ? MZ_OK : mz_fail(err, rc, "out of memory");
}


static mz_rc_t
mz_cmd_catalog_print(const mz_catalog_t *cat, mz_buf_t *out)
{
    mz_rset_t  *events, *properties;

    events = mz_cmd_catalog_events(cat);
    properties = mz_cmd_catalog_properties(cat);

    if (events != NULL && properties != NULL) {
        mz_buf_addf(out, "%lld events of %lld users", (long long) cat->rows,
                    (long long) cat->users);

        if (cat->rows > 0) {
            mz_buf_add_c(out, ", ");
            mz_time_rfc3339(out, cat->first_ms);
            mz_buf_add_c(out, " to ");
            mz_time_rfc3339(out, cat->last_ms);
        }

        mz_buf_add_c(out, "\n\n");
        mz_rset_print_table(out, events);
        mz_buf_add_char(out, '\n');
        mz_rset_print_table(out, properties);

    } else {
        out->rc = MZ_NOMEM;
    }

    mz_rset_free(events);
    mz_rset_free(properties);

    return out->rc;
}


/* NULL when out of memory. */

static mz_rset_t *
mz_cmd_catalog_events(const mz_catalog_t *cat)
{
    size_t                     i;
    mz_buf_t                   own;
    mz_rc_t                    rc;
    mz_rset_t                 *rs;
    mz_value_t                 row[6];
    const mz_catalog_event_t  *e;

    static const char *const   names[] = {
        "event", "count", "users", "first", "last", "own properties"
    };
    static const mz_dtype_t    dtypes[] = {
        MZ_DTYPE_STRING, MZ_DTYPE_INT64, MZ_DTYPE_INT64, MZ_DTYPE_DATE,
        MZ_DTYPE_DATE, MZ_DTYPE_STRING
    };

    rs = mz_cmd_catalog_table(names, dtypes, MZ_ARRAY_LEN(names));
    mz_buf_init(&own, 0);
    memset(row, 0, sizeof(row));

    for (i = 0; rs != NULL && i < cat->nevents; i++) {
        e = &cat->events[i];

        mz_buf_reset(&own);
        mz_cmd_catalog_own(&own, cat, e);

        row[0].s = e->name;
        row[1].i = e->count;
        row[2].i = e->users;
        row[3].i = mz_time_floor(e->first_ms, MZ_UNIT_DAY) / MZ_DAY_MS;
        row[4].i = mz_time_floor(e->last_ms, MZ_UNIT_DAY) / MZ_DAY_MS;
        row[5].s = mz_buf_view(&own);

        rc = own.rc == MZ_OK ? mz_rset_add_row(rs, row) : own.rc;
        if (rc != MZ_OK) {
            mz_rset_free(rs);
            rs = NULL;
        }
    }

    mz_buf_free(&own);

    return rs;
}


static mz_rset_t *
mz_cmd_catalog_properties(const mz_catalog_t *cat)
{
    size_t                        i;
    mz_buf_t                      values;
    mz_rc_t                       rc;
    mz_rset_t                    *rs;
    mz_value_t                    row[4];
    const mz_catalog_property_t  *p;

    static const char *const      names[] = {
        "property", "type", "on", "values"
    };
    static const mz_dtype_t       dtypes[] = {
        MZ_DTYPE_STRING, MZ_DTYPE_STRING, MZ_DTYPE_STRING, MZ_DTYPE_STRING
    };

    rs = mz_cmd_catalog_table(names, dtypes, MZ_ARRAY_LEN(names));
    mz_buf_init(&values, 0);
    memset(row, 0, sizeof(row));

    for (i = 0; rs != NULL && i < cat->nproperties; i++) {
        p = &cat->properties[i];

        mz_buf_reset(&values);
        mz_cmd_catalog_values(&values, p);

        row[0].s = p->name;
        row[1].s = mz_str_from(mz_dtype_name(p->dtype));
        row[2].s = p->is_common ? mz_str("all events") : mz_str("some");
        row[3].s = mz_buf_view(&values);

        rc = values.rc == MZ_OK ? mz_rset_add_row(rs, row) : values.rc;
        if (rc != MZ_OK) {
            mz_rset_free(rs);
            rs = NULL;
        }
    }

    mz_buf_free(&values);

    return rs;
}


static mz_rset_t *
mz_cmd_catalog_table(const char *const *names, const mz_dtype_t *dtypes,
    size_t n)
{
    size_t      i;
    mz_rset_t  *rs;

    rs = mz_rset_new(SIZE_MAX);

    for (i = 0; rs != NULL && i < n; i++) {
        if (mz_rset_add_column(rs, mz_str_from(names[i]), dtypes[i])
            != MZ_OK)
        {
            mz_rset_free(rs);
            rs = NULL;
        }
    }

    return rs;
}


static void
mz_cmd_catalog_own(mz_buf_t *b, const mz_catalog_t *cat,
    const mz_catalog_event_t *e)
{
    size_t  i;

    for (i = 0; i < e->nproperties; i++) {
        mz_buf_add_c(b, i == 0 ? "" : " ");
        mz_buf_add_str(b, cat->properties[e->properties[i]].name);
    }
}


static void
mz_cmd_catalog_values(mz_buf_t *b, const mz_catalog_property_t *p)
{
    size_t  i;

    for (i = 0; i < p->nvalues && i < MZ_CMD_CATALOG_VALUES; i++) {
        mz_buf_add_c(b, i == 0 ? "" : " ");
        mz_buf_add_str(b, p->values[i].value);
    }

    if (i < p->nvalues) {
        mz_buf_addf(b, " .. (%zu)", p->nvalues);
    }
}
