
/*
 * duckdb_api: the part of DuckDB's public C API that the agent uses, declared
 * here and loaded at run time, so that the program builds and starts without
 * the library.  Used by the DuckDB driver and the sample writer only.
 *
 * The table of functions lives as long as the process; all its functions
 * follow DuckDB's documentation, names without the prefix "duckdb_".
 */

#ifndef MZ_DUCKDB_API_H
#define MZ_DUCKDB_API_H

#include "base/mz_base.h"


#define MZ_DUCKDB_VERSION_MIN  "1.4"
#define MZ_DUCKDB_SONAME       "libduckdb.so"

/* Handles are opaque; the library gives and takes pointers to them. */

typedef struct mz_duckdb_database_s      *mz_duckdb_database_t;
typedef struct mz_duckdb_connection_s    *mz_duckdb_connection_t;
typedef struct mz_duckdb_config_s        *mz_duckdb_config_t;
typedef struct mz_duckdb_prepared_s      *mz_duckdb_prepared_t;
typedef struct mz_duckdb_logical_type_s  *mz_duckdb_logical_type_t;
typedef struct mz_duckdb_data_chunk_s    *mz_duckdb_data_chunk_t;
typedef struct mz_duckdb_vector_s        *mz_duckdb_vector_t;
typedef struct mz_duckdb_appender_s      *mz_duckdb_appender_t;

/* Passed by value: the layout is part of the interface. */

typedef struct {
    uint64_t   deprecated_columns_count;
    uint64_t   deprecated_rows_count;
    uint64_t   deprecated_rows_changed;
    void      *deprecated_columns;
    char      *deprecated_error;
    void      *internal;
} mz_duckdb_result_t;

typedef struct {
    int32_t  days;
} mz_duckdb_date_t;

typedef struct {
    int64_t  micros;
} mz_duckdb_timestamp_t;

typedef struct {
    uint64_t  lower;
    int64_t   upper;
} mz_duckdb_hugeint_t;

/* A string of a vector: up to 12 bytes are inline, longer ones elsewhere. */

#define MZ_DUCKDB_INLINE_MAX  12

typedef union {
    struct {
        uint32_t   length;
        char       prefix[4];
        char      *ptr;
    } pointer;
    struct {
        uint32_t   length;
        char       bytes[MZ_DUCKDB_INLINE_MAX];
    } inlined;
} mz_duckdb_string_t;

_Static_assert(sizeof(mz_duckdb_string_t) == 16, "the library's layout");
_Static_assert(sizeof(mz_duckdb_result_t) == 48, "the library's layout");

typedef enum {
    MZ_DUCKDB_SUCCESS = 0,
    MZ_DUCKDB_ERROR = 1
} mz_duckdb_state_t;

typedef enum {
    MZ_DUCKDB_BOOLEAN = 1,
    MZ_DUCKDB_TINYINT = 2,
    MZ_DUCKDB_SMALLINT = 3,
    MZ_DUCKDB_INTEGER = 4,
    MZ_DUCKDB_BIGINT = 5,
    MZ_DUCKDB_UTINYINT = 6,
    MZ_DUCKDB_USMALLINT = 7,
    MZ_DUCKDB_UINTEGER = 8,
    MZ_DUCKDB_UBIGINT = 9,
    MZ_DUCKDB_FLOAT = 10,
    MZ_DUCKDB_DOUBLE = 11,
    MZ_DUCKDB_TIMESTAMP = 12,
    MZ_DUCKDB_DATE = 13,
    MZ_DUCKDB_HUGEINT = 16,
    MZ_DUCKDB_VARCHAR = 17,
    MZ_DUCKDB_DECIMAL = 19,
    MZ_DUCKDB_TIMESTAMP_S = 20,
    MZ_DUCKDB_TIMESTAMP_MS = 21,
    MZ_DUCKDB_TIMESTAMP_NS = 22,
    MZ_DUCKDB_ENUM = 23,
    MZ_DUCKDB_UUID = 27,
    MZ_DUCKDB_TIMESTAMP_TZ = 31,
    MZ_DUCKDB_SQLNULL = 36
} mz_duckdb_type_t;

/* X(return type, name, arguments): one line is all a function needs. */

#define MZ_DUCKDB_API(X)                                                      \
    X(const char *, library_version, (void))                                  \
    X(void, free, (void *p))                                                  \
                                                                              \
    X(mz_duckdb_state_t, create_config, (mz_duckdb_config_t *out))            \
    X(mz_duckdb_state_t, set_config, (mz_duckdb_config_t config,              \
      const char *name, const char *option))                                  \
    X(void, destroy_config, (mz_duckdb_config_t *config))                     \
    X(mz_duckdb_state_t, open_ext, (const char *path,                         \
      mz_duckdb_database_t *out, mz_duckdb_config_t config, char **error))    \
    X(void, close, (mz_duckdb_database_t *db))                                \
    X(mz_duckdb_state_t, connect, (mz_duckdb_database_t db,                   \
      mz_duckdb_connection_t *out))                                           \
    X(void, interrupt, (mz_duckdb_connection_t conn))                         \
    X(void, disconnect, (mz_duckdb_connection_t *conn))                       \
                                                                              \
    X(mz_duckdb_state_t, query, (mz_duckdb_connection_t conn,                 \
      const char *sql, mz_duckdb_result_t *out))                              \
    X(mz_duckdb_state_t, prepare, (mz_duckdb_connection_t conn,               \
      const char *sql, mz_duckdb_prepared_t *out))                            \
    X(const char *, prepare_error, (mz_duckdb_prepared_t st))                 \
    X(uint64_t, nparams, (mz_duckdb_prepared_t st))                           \
    X(void, destroy_prepare, (mz_duckdb_prepared_t *st))                      \
    X(mz_duckdb_state_t, bind_null, (mz_duckdb_prepared_t st, uint64_t i))    \
    X(mz_duckdb_state_t, bind_boolean, (mz_duckdb_prepared_t st, uint64_t i,  \
      bool v))                                                                \
    X(mz_duckdb_state_t, bind_int64, (mz_duckdb_prepared_t st, uint64_t i,    \
      int64_t v))                                                             \
    X(mz_duckdb_state_t, bind_double, (mz_duckdb_prepared_t st, uint64_t i,   \
      double v))                                                              \
    X(mz_duckdb_state_t, bind_date, (mz_duckdb_prepared_t st, uint64_t i,     \
      mz_duckdb_date_t v))                                                    \
    X(mz_duckdb_state_t, bind_timestamp, (mz_duckdb_prepared_t st,            \
      uint64_t i, mz_duckdb_timestamp_t v))                                   \
    X(mz_duckdb_state_t, bind_varchar_length, (mz_duckdb_prepared_t st,       \
      uint64_t i, const char *s, uint64_t len))                               \
    X(mz_duckdb_state_t, execute_prepared_streaming,                          \
      (mz_duckdb_prepared_t st, mz_duckdb_result_t *out))                     \
                                                                              \
    X(uint64_t, column_count, (mz_duckdb_result_t *res))                      \
    X(const char *, column_name, (mz_duckdb_result_t *res, uint64_t col))     \
    X(mz_duckdb_logical_type_t, column_logical_type,                          \
      (mz_duckdb_result_t *res, uint64_t col))                                \
    X(const char *, result_error, (mz_duckdb_result_t *res))                  \
    X(mz_duckdb_data_chunk_t, fetch_chunk, (mz_duckdb_result_t res))          \
    X(void, destroy_result, (mz_duckdb_result_t *res))                        \
                                                                              \
    X(mz_duckdb_type_t, get_type_id, (mz_duckdb_logical_type_t t))            \
    X(uint8_t, decimal_scale, (mz_duckdb_logical_type_t t))                   \
    X(mz_duckdb_type_t, decimal_internal_type, (mz_duckdb_logical_type_t t))  \
    X(mz_duckdb_type_t, enum_internal_type, (mz_duckdb_logical_type_t t))     \
    X(uint32_t, enum_dictionary_size, (mz_duckdb_logical_type_t t))           \
    X(char *, enum_dictionary_value, (mz_duckdb_logical_type_t t,             \
      uint64_t i))                                                            \
    X(mz_duckdb_logical_type_t, create_logical_type, (mz_duckdb_type_t t))    \
    X(mz_duckdb_logical_type_t, create_decimal_type, (uint8_t width,          \
      uint8_t scale))                                                         \
    X(void, destroy_logical_type, (mz_duckdb_logical_type_t *t))              \
                                                                              \
    X(mz_duckdb_data_chunk_t, create_data_chunk,                              \
      (mz_duckdb_logical_type_t *types, uint64_t n))                          \
    X(void, data_chunk_reset, (mz_duckdb_data_chunk_t chunk))                 \
    X(uint64_t, data_chunk_get_size, (mz_duckdb_data_chunk_t chunk))          \
    X(void, data_chunk_set_size, (mz_duckdb_data_chunk_t chunk, uint64_t n))  \
    X(mz_duckdb_vector_t, data_chunk_get_vector,                              \
      (mz_duckdb_data_chunk_t chunk, uint64_t col))                           \
    X(void, destroy_data_chunk, (mz_duckdb_data_chunk_t *chunk))              \
    X(uint64_t, vector_size, (void))                                          \
    X(void *, vector_get_data, (mz_duckdb_vector_t v))                        \
    X(uint64_t *, vector_get_validity, (mz_duckdb_vector_t v))                \
    X(void, vector_ensure_validity_writable, (mz_duckdb_vector_t v))          \
    X(void, vector_assign_string_element_len, (mz_duckdb_vector_t v,          \
      uint64_t i, const char *s, uint64_t len))                               \
                                                                              \
    X(mz_duckdb_state_t, appender_create, (mz_duckdb_connection_t conn,       \
      const char *schema, const char *table, mz_duckdb_appender_t *out))      \
    X(const char *, appender_error, (mz_duckdb_appender_t a))                 \
    X(mz_duckdb_state_t, append_data_chunk, (mz_duckdb_appender_t a,          \
      mz_duckdb_data_chunk_t chunk))                                          \
    X(mz_duckdb_state_t, appender_close, (mz_duckdb_appender_t a))            \
    X(mz_duckdb_state_t, appender_destroy, (mz_duckdb_appender_t *a))

#define MZ_DUCKDB_MEMBER(type, name, args)  type (*name) args;

typedef struct {
    MZ_DUCKDB_API(MZ_DUCKDB_MEMBER)
} mz_duckdb_api_t;


/*
 * Loads the library once: from $MITZU_DUCKDB_LIB when that is set (nothing
 * else is tried then), else from ../lib/mitzu beside the program (where
 * `make install` puts it), from MITZU_LIBDIR, from ../lib beside the
 * program, from beside the program, then by the loader's search path.
 * MZ_UNAVAILABLE: none found, too old or incomplete; err says how to get
 * it.  May be called again after a failure.  Thread safe.
 */
mz_rc_t mz_duckdb_load(const mz_duckdb_api_t **out, mz_err_t *err);

/*
 * Opens a database with n pairs of name and option, and connects.  Errors
 * are DuckDB's words in err with MZ_INVALID; both handles are NULL then.
 */
mz_rc_t mz_duckdb_open(const mz_duckdb_api_t *api, const char *path,
    const char *const *options, size_t n, mz_duckdb_database_t *db,
    mz_duckdb_connection_t *conn, mz_err_t *err);

/* Either handle may be NULL. */
void mz_duckdb_close(const mz_duckdb_api_t *api, mz_duckdb_database_t *db,
    mz_duckdb_connection_t *conn);

/* Runs a statement of ours without result. */
mz_rc_t mz_duckdb_exec(const mz_duckdb_api_t *api,
    mz_duckdb_connection_t conn, const char *sql, mz_err_t *err);


#endif /* MZ_DUCKDB_API_H */
