
/* Vectors of data chunks become rows of a row set. */

#include <math.h>

#include "agent/warehouse/wh_drivers.h"
#include "base/mz_str.h"


#define MZ_WH_DUCKDB_UUID  36           /* characters of its text */
#define MZ_WH_DUCKDB_COLUMNS_MAX  4096

typedef struct mz_wh_column_s  mz_wh_column_t;

/* false: the value does not fit the dtype. */
typedef bool (*mz_wh_read_pt)(mz_wh_column_t *c, uint64_t row,
    mz_value_t *v);

typedef struct {
    mz_duckdb_type_t  type;
    mz_dtype_t        dtype;
    mz_wh_read_pt     read;
    int               arg;      /* of read: width, or units a second */
} mz_wh_type_t;

struct mz_wh_column_s {
    const mz_wh_type_t  *type;
    const mz_wh_type_t  *raw;       /* of the numbers in data */
    mz_dtype_t           dtype;
    double               divisor;   /* of decimals */
    char               **words;     /* of an enum */
    uint32_t             nwords;
    char                 uuid[MZ_WH_DUCKDB_UUID + 1];

    /* of the chunk at hand */
    const void          *data;
    const uint64_t      *validity;
};

typedef struct {
    const mz_duckdb_api_t  *api;
    mz_duckdb_result_t     *res;
    mz_wh_column_t         *columns;
    mz_value_t             *row;
    uint64_t                ncolumns;
} mz_wh_reader_t;

static bool mz_wh_read_bool(mz_wh_column_t *c, uint64_t row, mz_value_t *v);
static bool mz_wh_read_int(mz_wh_column_t *c, uint64_t row, mz_value_t *v);
static bool mz_wh_read_uint(mz_wh_column_t *c, uint64_t row, mz_value_t *v);
static bool mz_wh_read_huge(mz_wh_column_t *c, uint64_t row, mz_value_t *v);
static bool mz_wh_read_float(mz_wh_column_t *c, uint64_t row, mz_value_t *v);
static bool mz_wh_read_decimal(mz_wh_column_t *c, uint64_t row,
    mz_value_t *v);
static bool mz_wh_read_time(mz_wh_column_t *c, uint64_t row, mz_value_t *v);
static bool mz_wh_read_date(mz_wh_column_t *c, uint64_t row, mz_value_t *v);
static bool mz_wh_read_text(mz_wh_column_t *c, uint64_t row, mz_value_t *v);
static bool mz_wh_read_enum(mz_wh_column_t *c, uint64_t row, mz_value_t *v);
static bool mz_wh_read_uuid(mz_wh_column_t *c, uint64_t row, mz_value_t *v);
static bool mz_wh_read_null(mz_wh_column_t *c, uint64_t row, mz_value_t *v);

static const mz_wh_type_t  mz_wh_types[] = {
    { MZ_DUCKDB_BOOLEAN,      MZ_DTYPE_BOOL,      mz_wh_read_bool,    1 },
    { MZ_DUCKDB_TINYINT,      MZ_DTYPE_INT64,     mz_wh_read_int,     1 },
    { MZ_DUCKDB_SMALLINT,     MZ_DTYPE_INT64,     mz_wh_read_int,     2 },
    { MZ_DUCKDB_INTEGER,      MZ_DTYPE_INT64,     mz_wh_read_int,     4 },
    { MZ_DUCKDB_BIGINT,       MZ_DTYPE_INT64,     mz_wh_read_int,     8 },
    { MZ_DUCKDB_UTINYINT,     MZ_DTYPE_INT64,     mz_wh_read_uint,    1 },
    { MZ_DUCKDB_USMALLINT,    MZ_DTYPE_INT64,     mz_wh_read_uint,    2 },
    { MZ_DUCKDB_UINTEGER,     MZ_DTYPE_INT64,     mz_wh_read_uint,    4 },
    { MZ_DUCKDB_UBIGINT,      MZ_DTYPE_INT64,     mz_wh_read_uint,    8 },
    { MZ_DUCKDB_HUGEINT,      MZ_DTYPE_INT64,     mz_wh_read_huge,    0 },
    { MZ_DUCKDB_FLOAT,        MZ_DTYPE_FLOAT64,   mz_wh_read_float,   4 },
    { MZ_DUCKDB_DOUBLE,       MZ_DTYPE_FLOAT64,   mz_wh_read_float,   8 },
    { MZ_DUCKDB_DECIMAL,      MZ_DTYPE_FLOAT64,   mz_wh_read_decimal, 0 },
    { MZ_DUCKDB_TIMESTAMP,    MZ_DTYPE_TIMESTAMP, mz_wh_read_time, 1000000 },
    { MZ_DUCKDB_TIMESTAMP_TZ, MZ_DTYPE_TIMESTAMP, mz_wh_read_time, 1000000 },
    { MZ_DUCKDB_TIMESTAMP_S,  MZ_DTYPE_TIMESTAMP, mz_wh_read_time,    1 },
    { MZ_DUCKDB_TIMESTAMP_MS, MZ_DTYPE_TIMESTAMP, mz_wh_read_time,    1000 },
    { MZ_DUCKDB_TIMESTAMP_NS, MZ_DTYPE_TIMESTAMP, mz_wh_read_time,
      1000000000 },
    { MZ_DUCKDB_DATE,         MZ_DTYPE_DATE,      mz_wh_read_date,    0 },
    { MZ_DUCKDB_VARCHAR,      MZ_DTYPE_STRING,    mz_wh_read_text,    0 },
    { MZ_DUCKDB_ENUM,         MZ_DTYPE_STRING,    mz_wh_read_enum,    0 },
    { MZ_DUCKDB_UUID,         MZ_DTYPE_STRING,    mz_wh_read_uuid,    0 },
    { MZ_DUCKDB_SQLNULL,      MZ_DTYPE_STRING,    mz_wh_read_null,    0 },
};

static mz_rc_t mz_wh_reader_init(mz_wh_reader_t *r, mz_rset_t *rs,
    mz_err_t *err);
static void mz_wh_reader_free(mz_wh_reader_t *r);
static mz_rc_t mz_wh_column_init(const mz_wh_reader_t *r, mz_wh_column_t *c,
    const char *name, mz_duckdb_logical_type_t type, mz_err_t *err);
static mz_rc_t mz_wh_column_words(const mz_duckdb_api_t *api,
    mz_wh_column_t *c, mz_duckdb_logical_type_t type, mz_err_t *err);
static const mz_wh_type_t *mz_wh_type(mz_duckdb_type_t type);
static mz_rc_t mz_wh_read_chunks(mz_wh_reader_t *r, mz_rset_t *rs,
    mz_err_t *err);
static mz_rc_t mz_wh_read_chunk(mz_wh_reader_t *r,
    mz_duckdb_data_chunk_t chunk, mz_rset_t *rs, mz_err_t *err);
static mz_rc_t mz_wh_read_row(mz_wh_reader_t *r, uint64_t row,
    mz_err_t *err);


mz_rc_t
mz_wh_duckdb_read(const mz_duckdb_api_t *api, mz_duckdb_result_t *res,
    size_t rows_max, mz_rset_t **out, mz_err_t *err)
{
    mz_rc_t          rc;
    mz_rset_t       *rs;
    mz_wh_reader_t   r;

    *out = NULL;
    memset(&r, 0, sizeof(r));
    r.api = api;
    r.res = res;

    rs = mz_rset_new(rows_max);
    if (rs == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    rc = mz_wh_reader_init(&r, rs, err);
    if (rc == MZ_OK) {
        rc = mz_wh_read_chunks(&r, rs, err);
    }

    mz_wh_reader_free(&r);

    if (rc != MZ_OK) {
        mz_rset_free(rs);
        return rc;
    }

    *out = rs;

    return MZ_OK;
}


static mz_rc_t
mz_wh_reader_init(mz_wh_reader_t *r, mz_rset_t *rs, mz_err_t *err)
{
    uint64_t                   i, n;
    mz_rc_t                    rc;
    const char                *name;
    mz_duckdb_logical_type_t   type;

    n = r->api->column_count(r->res);
    if (n == 0 || n > MZ_WH_DUCKDB_COLUMNS_MAX) {
        return mz_fail(err, MZ_LIMIT, "the result has %llu columns",
                       (unsigned long long) n);
    }

    r->columns = calloc(n, sizeof(mz_wh_column_t));
    r->row = calloc(n, sizeof(mz_value_t));
    if (r->columns == NULL || r->row == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    r->ncolumns = n;

    for (i = 0; i < n; i++) {
        name = r->api->column_name(r->res, i);
        type = r->api->column_logical_type(r->res, i);

        rc = mz_wh_column_init(r, &r->columns[i], name, type, err);
        r->api->destroy_logical_type(&type);

        if (rc == MZ_OK) {
            rc = mz_rset_add_column(rs, mz_str_from(name),
                                    r->columns[i].dtype);
            if (rc != MZ_OK) {
                rc = mz_fail(err, rc, "out of memory");
            }
        }

        if (rc != MZ_OK) {
            return rc;
        }
    }

    return MZ_OK;
}


static void
mz_wh_reader_free(mz_wh_reader_t *r)
{
    uint32_t         k;
    uint64_t         i;
    mz_wh_column_t  *c;

    for (i = 0; i < r->ncolumns; i++) {
        c = &r->columns[i];

        for (k = 0; k < c->nwords; k++) {
            r->api->free(c->words[k]);
        }

        free(c->words);
    }

    free(r->columns);
    free(r->row);
}


static mz_rc_t
mz_wh_column_init(const mz_wh_reader_t *r, mz_wh_column_t *c,
    const char *name, mz_duckdb_logical_type_t type, mz_err_t *err)
{
    int               scale;
    mz_duckdb_type_t  id;

    id = r->api->get_type_id(type);

    c->type = mz_wh_type(id);
    if (c->type == NULL) {
        return mz_fail(err, MZ_INVALID, "column %.64s has a type of DuckDB "
                       "(number %d) that cannot be read: cast it to VARCHAR "
                       "or a number in a view", name, (int) id);
    }

    c->raw = c->type;
    c->dtype = c->type->dtype;

    if (id == MZ_DUCKDB_DECIMAL) {
        c->raw = mz_wh_type(r->api->decimal_internal_type(type));
        scale = r->api->decimal_scale(type);
        c->divisor = pow(10, scale);
        c->dtype = scale == 0 ? MZ_DTYPE_INT64 : MZ_DTYPE_FLOAT64;
    }

    if (id == MZ_DUCKDB_ENUM) {
        c->raw = mz_wh_type(r->api->enum_internal_type(type));
        return mz_wh_column_words(r->api, c, type, err);
    }

    return MZ_OK;
}


static mz_rc_t
mz_wh_column_words(const mz_duckdb_api_t *api, mz_wh_column_t *c,
    mz_duckdb_logical_type_t type, mz_err_t *err)
{
    uint32_t  i, n;

    n = api->enum_dictionary_size(type);

    c->words = calloc((size_t) n + 1, sizeof(char *));
    if (c->words == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    for (i = 0; i < n; i++) {
        c->words[i] = api->enum_dictionary_value(type, i);
        if (c->words[i] == NULL) {
            return mz_fail(err, MZ_NOMEM, "out of memory");
        }

        c->nwords++;
    }

    return MZ_OK;
}


static const mz_wh_type_t *
mz_wh_type(mz_duckdb_type_t type)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_wh_types); i++) {
        if (mz_wh_types[i].type == type) {
            return &mz_wh_types[i];
        }
    }

    return NULL;
}


static mz_rc_t
mz_wh_read_chunks(mz_wh_reader_t *r, mz_rset_t *rs, mz_err_t *err)
{
    mz_rc_t                 rc;
    mz_duckdb_data_chunk_t  chunk;

    for ( ;; ) {
        chunk = r->api->fetch_chunk(*r->res);
        if (chunk == NULL) {
            break;
        }

        rc = mz_wh_read_chunk(r, chunk, rs, err);
        r->api->destroy_data_chunk(&chunk);

        if (rc == MZ_LIMIT && mz_rset_is_truncated(rs)) {
            return MZ_OK;
        }

        if (rc != MZ_OK) {
            return rc;
        }
    }

    return r->api->result_error(r->res) != NULL ? MZ_UNAVAILABLE : MZ_OK;
}


static mz_rc_t
mz_wh_read_chunk(mz_wh_reader_t *r, mz_duckdb_data_chunk_t chunk,
    mz_rset_t *rs, mz_err_t *err)
{
    mz_rc_t             rc;
    uint64_t            i, n;
    mz_duckdb_vector_t  v;

    for (i = 0; i < r->ncolumns; i++) {
        v = r->api->data_chunk_get_vector(chunk, i);
        r->columns[i].data = r->api->vector_get_data(v);
        r->columns[i].validity = r->api->vector_get_validity(v);
    }

    n = r->api->data_chunk_get_size(chunk);

    for (i = 0; i < n; i++) {
        rc = mz_wh_read_row(r, i, err);
        if (rc != MZ_OK) {
            return rc;
        }

        rc = mz_rset_add_row(rs, r->row);
        if (rc == MZ_LIMIT) {
            return rc;
        }

        if (rc != MZ_OK) {
            return mz_fail(err, rc, "out of memory");
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_wh_read_row(mz_wh_reader_t *r, uint64_t row, mz_err_t *err)
{
    uint64_t         i;
    mz_value_t      *v;
    mz_wh_column_t  *c;

    for (i = 0; i < r->ncolumns; i++) {
        c = &r->columns[i];
        v = &r->row[i];

        memset(v, 0, sizeof(mz_value_t));

        if (c->validity != NULL
            && (c->validity[row / 64] >> (row % 64) & 1) == 0)
        {
            v->is_null = true;
            continue;
        }

        if (!c->type->read(c, row, v)) {
            return mz_fail(err, MZ_INVALID, "column %.64s has a value that "
                           "does not fit 64 bits",
                           r->api->column_name(r->res, i));
        }
    }

    return MZ_OK;
}


static bool
mz_wh_read_bool(mz_wh_column_t *c, uint64_t row, mz_value_t *v)
{
    v->i = ((const uint8_t *) c->data)[row] != 0;

    return true;
}


static bool
mz_wh_read_int(mz_wh_column_t *c, uint64_t row, mz_value_t *v)
{
    switch (c->raw->arg) {
    case 1:  v->i = ((const int8_t *) c->data)[row];   break;
    case 2:  v->i = ((const int16_t *) c->data)[row];  break;
    case 4:  v->i = ((const int32_t *) c->data)[row];  break;
    default: v->i = ((const int64_t *) c->data)[row];  break;
    }

    return true;
}


static bool
mz_wh_read_uint(mz_wh_column_t *c, uint64_t row, mz_value_t *v)
{
    uint64_t  u;

    switch (c->raw->arg) {
    case 1:  u = ((const uint8_t *) c->data)[row];   break;
    case 2:  u = ((const uint16_t *) c->data)[row];  break;
    case 4:  u = ((const uint32_t *) c->data)[row];  break;
    default: u = ((const uint64_t *) c->data)[row];  break;
    }

    v->i = (int64_t) u;

    return u <= INT64_MAX;
}


static bool
mz_wh_read_huge(mz_wh_column_t *c, uint64_t row, mz_value_t *v)
{
    const mz_duckdb_hugeint_t  *h;

    h = (const mz_duckdb_hugeint_t *) c->data + row;
    v->i = (int64_t) h->lower;

    return h->upper == (v->i < 0 ? -1 : 0);
}


static bool
mz_wh_read_float(mz_wh_column_t *c, uint64_t row, mz_value_t *v)
{
    v->d = c->raw->arg == 4 ? (double) ((const float *) c->data)[row]
                            : ((const double *) c->data)[row];

    return true;
}


/*
 * A decimal is a whole number and a power of ten; the division is the one
 * rounding as long as the number is below 2^53.
 */

static bool
mz_wh_read_decimal(mz_wh_column_t *c, uint64_t row, mz_value_t *v)
{
    bool                        fits;
    const mz_duckdb_hugeint_t  *h;

    fits = c->raw->read(c, row, v);

    if (c->dtype == MZ_DTYPE_INT64) {
        return fits;
    }

    if (fits) {
        v->d = (double) v->i / c->divisor;
        return true;
    }

    h = (const mz_duckdb_hugeint_t *) c->data + row;
    v->d = (ldexp((double) h->upper, 64) + (double) h->lower) / c->divisor;

    return true;
}


/* The infinite instants and dates of DuckDB have no place on a calendar. */

static bool
mz_wh_read_time(mz_wh_column_t *c, uint64_t row, mz_value_t *v)
{
    int64_t  t;

    t = ((const int64_t *) c->data)[row];

    if (t == INT64_MAX || t == -INT64_MAX) {
        v->is_null = true;
        return true;
    }

    if (c->type->arg <= 1000000) {
        return !__builtin_mul_overflow(t, 1000000 / c->type->arg, &v->i);
    }

    v->i = t / 1000 - (t % 1000 < 0);

    return true;
}


static bool
mz_wh_read_date(mz_wh_column_t *c, uint64_t row, mz_value_t *v)
{
    int32_t  days;

    days = ((const int32_t *) c->data)[row];

    v->is_null = days == INT32_MAX || days == -INT32_MAX;
    v->i = days;

    return true;
}


static bool
mz_wh_read_text(mz_wh_column_t *c, uint64_t row, mz_value_t *v)
{
    const mz_duckdb_string_t  *s;

    s = (const mz_duckdb_string_t *) c->data + row;

    v->s.len = s->pointer.length;
    v->s.data = v->s.len <= MZ_DUCKDB_INLINE_MAX ? s->inlined.bytes
                                                 : s->pointer.ptr;

    return true;
}


static bool
mz_wh_read_enum(mz_wh_column_t *c, uint64_t row, mz_value_t *v)
{
    mz_wh_read_uint(c, row, v);

    if (v->i < 0 || (uint64_t) v->i >= c->nwords) {
        return false;
    }

    v->s = mz_str_from(c->words[v->i]);

    return true;
}


/* A 128-bit number with its top bit turned over, so that it sorts. */

static bool
mz_wh_read_uuid(mz_wh_column_t *c, uint64_t row, mz_value_t *v)
{
    uint64_t                    hi, lo;
    const mz_duckdb_hugeint_t  *h;

    h = (const mz_duckdb_hugeint_t *) c->data + row;
    hi = (uint64_t) h->upper ^ ((uint64_t) 1 << 63);
    lo = h->lower;

    snprintf(c->uuid, sizeof(c->uuid), "%08llx-%04llx-%04llx-%04llx-%012llx",
             (unsigned long long) (hi >> 32),
             (unsigned long long) (hi >> 16 & 0xffff),
             (unsigned long long) (hi & 0xffff),
             (unsigned long long) (lo >> 48),
             (unsigned long long) (lo & 0xffffffffffffULL));

    v->s.data = c->uuid;
    v->s.len = MZ_WH_DUCKDB_UUID;

    return true;
}


static bool
mz_wh_read_null(mz_wh_column_t *c, uint64_t row, mz_value_t *v)
{
    (void) c;
    (void) row;

    v->is_null = true;

    return true;
}
