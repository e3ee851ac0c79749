
/*
 * spec_types: the inside of a parsed spec, seen by src/analysis only.  The
 * parser fills it in, the compiler, the shapes and the definition read it.
 * Strings borrow from spec->json or the catalog; arrays belong to the spec
 * (mz_spec_alloc) and live as long as it does.
 */

#ifndef MZ_SPEC_TYPES_H
#define MZ_SPEC_TYPES_H

#include "analysis/range.h"
#include "analysis/spec.h"


#define MZ_SPEC_EVENTS_MAX       10
#define MZ_SPEC_STEPS_MAX        10
#define MZ_SPEC_BREAKDOWN_MAX    3
#define MZ_SPEC_FILTERS_MAX      20
#define MZ_SPEC_VALUES_MAX       500
#define MZ_SPEC_EXCLUDE_MAX      5
#define MZ_SPEC_HOLD_MAX         3
#define MZ_SPEC_CELLS_MAX        65         /* k = 0..64 */
#define MZ_SPEC_PERIOD_MAX       64
#define MZ_SPEC_WINDOW_MAX_MS    (366 * MZ_DAY_MS)
#define MZ_SPEC_ROLLING_MAX      366
#define MZ_SPEC_TOP_MAX          1000
#define MZ_SPEC_TOP_DEFAULT      10
#define MZ_SPEC_HITS_MAX         50
#define MZ_SPEC_LOOKUP_MAX       1000
#define MZ_SPEC_LOOKUP_DEFAULT   100
#define MZ_SPEC_DEPTH_MAX        10
#define MZ_SPEC_NOTES_MAX        16
#define MZ_SPEC_ROWS_MAX         200000     /* of a result table */

typedef enum {
    MZ_KIND_SEGMENTATION,
    MZ_KIND_FUNNEL,
    MZ_KIND_RETENTION,
    MZ_KIND_DISCOVERY,
    MZ_KIND_LOOKUP,
    MZ_KIND_JOURNEY
} mz_spec_kind_t;

/* The order is that of the names in spec_read.c. */

typedef enum {
    MZ_OP_EQ,
    MZ_OP_NEQ,
    MZ_OP_GT,
    MZ_OP_GTE,
    MZ_OP_LT,
    MZ_OP_LTE,
    MZ_OP_IN,
    MZ_OP_NOT_IN,
    MZ_OP_CONTAINS,
    MZ_OP_NOT_CONTAINS,
    MZ_OP_IS_SET,
    MZ_OP_NOT_SET
} mz_spec_op_t;

/* Of the range in buckets; the first one is a single bucket. */

typedef enum {
    MZ_GRAIN_TOTAL,
    MZ_GRAIN_HOUR,
    MZ_GRAIN_DAY,
    MZ_GRAIN_WEEK,
    MZ_GRAIN_MONTH,
    MZ_GRAIN_QUARTER,
    MZ_GRAIN_YEAR
} mz_grain_t;

typedef enum {
    MZ_MEASURE_USERS,
    MZ_MEASURE_EVENTS,
    MZ_MEASURE_EVENTS_PER_USER,
    MZ_MEASURE_SUM,
    MZ_MEASURE_AVG,
    MZ_MEASURE_MEDIAN,
    MZ_MEASURE_MIN,
    MZ_MEASURE_MAX,
    MZ_MEASURE_PERCENTILE,
    MZ_MEASURE_SUM_PER_USER,
    MZ_MEASURE_DISTINCT,
    MZ_MEASURE_NEW_USERS,
    MZ_MEASURE_STICKINESS,
    MZ_MEASURE_FREQUENCY
} mz_measure_type_t;

/* A column of the events table: a property, the event or the user. */

typedef struct {
    mz_str_t                      name;
    mz_dtype_t                    dtype;
    const mz_catalog_property_t  *property;     /* NULL: event or user */
} mz_spec_column_t;

typedef struct mz_spec_filter_s  mz_spec_filter_t;

typedef struct {
    mz_spec_filter_t  *items;
    size_t             n;
} mz_spec_filters_t;

struct mz_spec_filter_s {
    bool               is_did;

    /* on the row */
    mz_spec_column_t   column;
    mz_spec_op_t       op;
    mz_param_t        *values;
    size_t             nvalues;

    /* on the user */
    mz_str_t           event;
    bool               negate;
    mz_spec_op_t       count_op;        /* GTE 1 when there is no count */
    int64_t            count;
    bool               has_range;       /* else that of the analysis */
    mz_range_t         range;
    mz_spec_filters_t  filters;
};

typedef struct {
    mz_measure_type_t  type;
    mz_spec_column_t   column;          /* name.data NULL: none */
    double             p;               /* percentile, 0..100 */
    int                num_days;        /* stickiness: 1, 7, 30 */
    int                den_days;
} mz_spec_measure_t;

/* What one operand or the whole segmentation counts. */

typedef struct {
    mz_str_t           events[MZ_SPEC_EVENTS_MAX];
    size_t             nevents;
    bool               is_any;          /* "*" */
    bool               is_merged;       /* one series */
    mz_spec_measure_t  measure;
    mz_spec_filters_t  filters;         /* an operand's own */
} mz_spec_segment_t;

typedef struct {
    bool               is_set;
    mz_spec_measure_t  measure;
    mz_spec_op_t       op;
    double             value;
} mz_spec_having_t;

typedef enum {
    MZ_TRANSFORM_NONE,
    MZ_TRANSFORM_CUMULATIVE,
    MZ_TRANSFORM_ROLLING
} mz_transform_t;

typedef struct {
    mz_spec_segment_t  a;
    mz_spec_segment_t  b;               /* of a formula */
    bool               is_formula;
    mz_spec_having_t   having;
    mz_transform_t     transform;
    int                rolling;
} mz_spec_segmentation_t;

/* An event of a funnel or of a retention. */

typedef struct {
    mz_str_t           event;
    bool               is_any;
    mz_spec_filters_t  filters;
    int                from_step;       /* exclude: 1-based */
    int                to_step;
} mz_spec_step_t;

typedef enum {
    MZ_ORDER_ORDERED,
    MZ_ORDER_STRICT,
    MZ_ORDER_ANY
} mz_spec_order_t;

typedef enum {
    MZ_FUNNEL_CONVERSION,
    MZ_FUNNEL_USERS,
    MZ_FUNNEL_DROP_OFF,
    MZ_FUNNEL_MEDIAN_TIME,
    MZ_FUNNEL_AVG_TIME,
    MZ_FUNNEL_P90_TIME
} mz_funnel_measure_t;

typedef struct {
    mz_spec_step_t       steps[MZ_SPEC_STEPS_MAX];
    size_t               nsteps;
    mz_spec_step_t       exclude[MZ_SPEC_EXCLUDE_MAX];
    size_t               nexclude;
    mz_spec_column_t     hold[MZ_SPEC_HOLD_MAX];
    size_t               nhold;
    int64_t              window_ms;
    mz_spec_order_t      order;
    mz_funnel_measure_t  measure;
} mz_spec_funnel_t;

typedef enum {
    MZ_RETENTION_ON,
    MZ_RETENTION_ON_OR_AFTER,
    MZ_RETENTION_BRACKET
} mz_retention_mode_t;

typedef struct {
    int  a;                             /* first period */
    int  b;                             /* last one; a unless a bracket */
} mz_spec_cell_t;

typedef struct {
    mz_spec_step_t       start;
    mz_spec_step_t       ret;
    mz_unit_t            period;
    mz_retention_mode_t  mode;
    bool                 is_every;
    bool                 is_inverted;
    mz_spec_cell_t       cells[MZ_SPEC_CELLS_MAX];
    size_t               ncells;
} mz_spec_retention_t;

typedef enum {
    MZ_WHAT_EVENTS,
    MZ_WHAT_PROPERTIES,
    MZ_WHAT_VALUES,
    MZ_WHAT_DESCRIBE,
    MZ_WHAT_RANGE,
    MZ_WHAT_SEARCH
} mz_discovery_what_t;

typedef struct {
    mz_discovery_what_t  what;
    mz_str_t             event;         /* data NULL: none */
    mz_spec_column_t     column;        /* name.data NULL: none */
    mz_str_t             hits[MZ_SPEC_HITS_MAX];
    size_t               nhits;
} mz_spec_discovery_t;

typedef struct {
    mz_str_t  user;
    mz_str_t  events[MZ_SPEC_EVENTS_MAX];
    size_t    nevents;                  /* 0: all */
    int64_t   limit;
} mz_spec_lookup_t;

typedef enum {
    MZ_JOURNEY_AFTER,
    MZ_JOURNEY_BEFORE,
    MZ_JOURNEY_BETWEEN
} mz_journey_direction_t;

typedef struct {
    mz_str_t                event;
    mz_str_t                to;
    mz_journey_direction_t  direction;
    int                     depth;
} mz_spec_journey_t;

typedef enum {
    MZ_COMPARE_NONE,
    MZ_COMPARE_PERIOD,
    MZ_COMPARE_YEAR
} mz_compare_t;

typedef struct mz_spec_block_s  mz_spec_block_t;

struct mz_spec_s {
    mz_spec_kind_t       kind;
    const mz_catalog_t  *cat;
    json_t              *json;          /* complete, owned */
    int64_t              now_ms;
    mz_spec_block_t     *blocks;        /* of mz_spec_alloc() */

    bool                 has_range;
    mz_range_t           range;
    mz_range_t           previous;      /* when compare is set */
    mz_compare_t         compare;
    mz_grain_t           grain;
    mz_spec_filters_t    filters;
    mz_spec_column_t     breakdown[MZ_SPEC_BREAKDOWN_MAX];
    size_t               nbreakdown;
    bool                 has_top;
    size_t               top;           /* groups to show */
    bool                 is_asc;

    char                *notes[MZ_SPEC_NOTES_MAX];
    size_t               nnotes;

    union {
        mz_spec_segmentation_t  seg;
        mz_spec_funnel_t        funnel;
        mz_spec_retention_t     ret;
        mz_spec_discovery_t     disc;
        mz_spec_lookup_t        lookup;
        mz_spec_journey_t       journey;
    } u;
};


/* Zeroed memory that lives as long as the spec; NULL when out of memory. */
void *mz_spec_alloc(mz_spec_t *spec, size_t n, size_t size);

/* Keeps a sentence for the answer; silently none beyond the limit. */
void mz_spec_note(mz_spec_t *spec, const char *fmt, ...) MZ_PRINTF(2, 3);

/* The measure gives 0, not null, for an empty bucket. */
bool mz_spec_measure_is_count(const mz_spec_measure_t *m);

/* Its values are whole numbers. */
bool mz_spec_measure_is_int(const mz_spec_measure_t *m);


#endif /* MZ_SPEC_TYPES_H */
