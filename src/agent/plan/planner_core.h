
/*
 * planner_core: what the parts of the planner share: one plan in the making.
 * A question becomes tokens (planner_token.c), tokens become items of the
 * catalog (planner_lexicon.c) and times (planner_time.c), those fill slots
 * (planner_slots.c and its neighbours), a kind is chosen (planner_kind.c)
 * and its builder writes the spec.  Memory comes from one arena and one pool
 * of JSON values, so nothing is freed on the way; the first failure sticks
 * in pl->rc.  Used by src/agent/planner*.c only.
 */

#ifndef MZ_PLANNER_CORE_H
#define MZ_PLANNER_CORE_H

#include "agent/plan/planner.h"
#include "base/mz_str.h"
#include "base/mz_time.h"


#define MZ_PL_TOKENS_MAX   192      /* tokens of a question that are read */
#define MZ_PL_ITEMS_MAX    48       /* events, properties, values found */
#define MZ_PL_VALUES_MAX   64       /* values one item stands for */
#define MZ_PL_PROPS_MAX    6        /* properties a value may belong to */
#define MZ_PL_WORDS_MAX    8        /* words of a catalog name */
#define MZ_PL_CAPTURES     8        /* of one pattern */
#define MZ_PL_STEPS_MAX    12       /* of a funnel */
#define MZ_PL_HEARD_MAX    16       /* words of one pattern */
#define MZ_PL_NONE         SIZE_MAX

typedef struct mz_pl_s  mz_pl_t;

typedef enum {
    MZ_PL_WORD,
    MZ_PL_NUMBER,
    MZ_PL_CODE,             /* a letter and a number: d7, w4, p95 */
    MZ_PL_DATE,             /* 2026-05-01 */
    MZ_PL_PUNCT
} mz_pl_token_kind_t;

typedef struct {
    mz_str_t            raw;        /* as asked */
    mz_str_t            text;       /* lower case, spelling mended */
    mz_str_t            stem;
    unsigned            meaning;    /* of the stem, see mz_pl_meaning() */
    mz_pl_token_kind_t  kind;
    double              num;        /* of a number or code */
    int64_t             ms;         /* of a date */
    size_t              item;       /* the item it belongs to, or NONE */
    bool                is_upper;   /* all capitals */
    bool                is_glued;   /* no space before it */
    bool                is_common;  /* an everyday or a cue word */
    bool                is_determiner;
    bool                is_known;   /* a word of the catalog */
    bool                is_used;    /* read by a rule */
    bool                is_taken;   /* of a time or idiom: no name */
    bool                is_quoted;
    bool                is_money;   /* of a number: beside a sign */
} mz_pl_token_t;

typedef enum {
    MZ_PL_EVENT,
    MZ_PL_PROPERTY,
    MZ_PL_VALUE
} mz_pl_item_kind_t;

typedef struct {
    mz_pl_item_kind_t             kind;
    size_t                        first;    /* tokens, both included */
    size_t                        last;
    size_t                        tok[MZ_PL_WORDS_MAX];     /* claimed */
    size_t                        ntok;
    size_t                        beside;   /* is_named: that token */
    double                        score;    /* 1: every word of the name */
    const mz_catalog_event_t     *event;
    const mz_catalog_event_t     *rival;    /* as good a reading */
    const mz_catalog_property_t  *props[MZ_PL_PROPS_MAX];
    size_t                        nprops;
    json_t                       *values;   /* array of strings */
    mz_str_t                      word;     /* as said, for assumptions */
    bool                          is_users; /* "buyers": users of an event */
    bool                          is_not;   /* of a value: all but these */
    bool                          is_weak;  /* part of a name only */
    bool                          is_alike; /* by a synonym */
    bool                          is_named; /* value beside its property */
    bool                          is_used;
    bool                          is_hint;  /* of an event: "product price" */
    const char                   *count_op; /* "more than 3 times" */
    double                        count;
} mz_pl_item_t;

/* The parts of a catalog name, ready to be compared. */

typedef struct {
    mz_str_t  joined;               /* lower case, separators left out */
    mz_str_t  word[MZ_PL_WORDS_MAX];
    mz_str_t  stem[MZ_PL_WORDS_MAX];
    unsigned  meaning[MZ_PL_WORDS_MAX];
    double    weight[MZ_PL_WORDS_MAX];
    size_t    n;
} mz_pl_name_t;

typedef struct {
    size_t   first;                 /* tokens matched: [first, end) */
    size_t   end;
    double   num[MZ_PL_CAPTURES];
    size_t   nnum;
    int      unit[MZ_PL_CAPTURES];  /* mz_unit_t */
    size_t   nunit;
    size_t   item[MZ_PL_CAPTURES];
    size_t   nitem;
    size_t   tok[MZ_PL_CAPTURES];
    size_t   ntok;
    size_t   date[MZ_PL_CAPTURES];  /* where each begins */
    size_t   ndate;
    uint8_t  heard[MZ_PL_HEARD_MAX];    /* tokens a word of it stands for */
    size_t   nheard;
} mz_pl_match_t;

/* A pattern and what it says; the tables of every stage are of these. */

typedef struct {
    const char  *pattern;           /* planner_match.c has the language */
    int          what;
    int          arg;
} mz_pl_rule_t;

/* What the question states; absent ones are NULL, -1 or false. */

typedef struct {
    json_t      *range;
    json_t      *compare;
    json_t      *window;
    json_t      *in_window;         /* "in 14 days": a window or a range */
    json_t      *in_range;
    json_t      *transform;
    json_t      *top;
    json_t      *breakdown;         /* array of item indexes */
    json_t      *filters;           /* array of {"item","op","value"?} */
    json_t      *missing;           /* array of words the catalog lacks */
    const char  *missing_reason;    /* of the first one */
    const char  *measure;           /* its type */
    size_t       measure_item;      /* of its property, or NONE */
    double       measure_p;         /* of a percentile */
    const char  *num;               /* of stickiness */
    const char  *den;
    const char  *money_op;          /* "over $100": of the event */
    double       money;
    double       money2;            /* money_op "between": up to */
    const char  *spend_op;          /* "spent over $100": of the user */
    double       spend;
    bool         is_money;          /* the measure's property is money */
    bool         is_arpu;           /* money per active user */
    int          grain;             /* mz_unit_t, or MZ_PL_GRAIN_x */
    bool         has_future;        /* a time after now */
    bool         has_new;           /* first-time, new */
    bool         has_any_event;     /* active, any event */
    bool         has_users;         /* users, people: who is counted */
    bool         has_count;         /* how many, number of */
    bool         has_trend;         /* over time */
    bool         has_share;         /* share, percent, fraction */
    bool         has_wow;           /* week over week */
    bool         has_per_user;
    bool         has_per_active;    /* per active user: of any event */
    bool         has_per_session;
    bool         has_spend;         /* an amount of money, not a number */
    bool         is_reversed;       /* a range that ends before it starts */
    bool         is_added;          /* "also by": keep the parent's */
} mz_pl_slots_t;

struct mz_pl_s {
    const mz_catalog_t  *cat;
    const json_t        *parent;        /* NULL: a new conversation */
    mz_str_t             question;
    int64_t              now;
    mz_rc_t              rc;            /* sticky */
    struct mz_pl_block_s  *blocks;
    json_t              *pool;          /* owns every value made */
    json_t              *assumptions;
    void                *stemmer;
    bool                *heard;         /* by token: some rule asked for it */
    bool                 is_deaf;       /* what is asked now decides nothing */
    struct mz_pl_sense_s  *senses;      /* stems that have synonyms */
    mz_pl_name_t        *event_names;   /* as cat->events */
    mz_pl_name_t        *prop_names;    /* as cat->properties */
    mz_pl_token_t        tok[MZ_PL_TOKENS_MAX];
    size_t               ntok;
    mz_pl_item_t         item[MZ_PL_ITEMS_MAX];
    size_t               nitems;
    mz_pl_slots_t        slot;
    json_t              *spec;          /* the result; in the pool */
};


/* planner_mem.c: all return NULL (or set pl->rc) when out of memory. */
mz_rc_t mz_pl_init(mz_pl_t *pl);
void mz_pl_deinit(mz_pl_t *pl);
void *mz_pl_alloc(mz_pl_t *pl, size_t size);
mz_str_t mz_pl_copy(mz_pl_t *pl, mz_str_t s);
mz_str_t mz_pl_lower(mz_pl_t *pl, mz_str_t s);
mz_str_t mz_pl_printf(mz_pl_t *pl, const char *fmt, ...) MZ_PRINTF(2, 3);

/* Takes v into the pool and borrows it out; NULL is out of memory. */
json_t *mz_pl_keep(mz_pl_t *pl, json_t *v);
json_t *mz_pl_text(mz_pl_t *pl, mz_str_t s);
json_t *mz_pl_copy_json(mz_pl_t *pl, const json_t *v);

/* Add a reference to v; v NULL is out of memory. */
void mz_pl_set(mz_pl_t *pl, json_t *obj, const char *key, json_t *v);
void mz_pl_set_text(mz_pl_t *pl, json_t *obj, const char *key, mz_str_t s);
void mz_pl_set_c(mz_pl_t *pl, json_t *obj, const char *key, const char *s);
void mz_pl_push(mz_pl_t *pl, json_t *array, json_t *v);
void mz_pl_push_text(mz_pl_t *pl, json_t *array, mz_str_t s);
bool mz_pl_array_has(const json_t *array, mz_str_t s);

/* A sentence for the answer; said once. */
void mz_pl_assume(mz_pl_t *pl, const char *fmt, ...) MZ_PRINTF(2, 3);


/* planner_token.c */
mz_rc_t mz_pl_tokenise(mz_pl_t *pl, mz_err_t *err);


/* planner_match.c: a word that is found counts as heard. */
bool mz_pl_is(const mz_pl_t *pl, size_t i, const char *text);
bool mz_pl_is_any(const mz_pl_t *pl, size_t i, const char *words);
void mz_pl_use(mz_pl_t *pl, size_t first, size_t end);
/* The words as asked, tokens [first, end). */
mz_str_t mz_pl_raw(const mz_pl_t *pl, size_t first, size_t end);

/* planner_word.c: stems, spelling, everyday words. */
mz_str_t mz_pl_stem(mz_pl_t *pl, mz_str_t text);
bool mz_pl_is_common(mz_str_t text);
bool mz_pl_is_determiner(mz_str_t text);
/* Damerau-Levenshtein distance, or max + 1 as soon as it is more. */
size_t mz_pl_distance(mz_str_t a, mz_str_t b, size_t max);
/* Mends the spelling of words that nothing knows. */
void mz_pl_mend(mz_pl_t *pl);
/* 0 for a stem without synonyms; else the same for all that mean it. */
mz_rc_t mz_pl_read_synonyms(mz_pl_t *pl);
unsigned mz_pl_meaning(const mz_pl_t *pl, mz_str_t stem);

static inline bool
mz_pl_means(mz_str_t stem_a, unsigned a, mz_str_t stem_b, unsigned b)
{
    return (a != 0 && a == b)
           || (stem_a.len == stem_b.len && stem_a.len != 0
               && stem_a.data[0] == stem_b.data[0]
               && memcmp(stem_a.data, stem_b.data, stem_a.len) == 0);
}


/* planner_match.c */
bool mz_pl_match(const mz_pl_t *pl, const char *pattern, size_t pos,
    mz_pl_match_t *m);
const mz_pl_rule_t *mz_pl_match_at(const mz_pl_t *pl,
    const mz_pl_rule_t *rules, size_t n, size_t pos, mz_pl_match_t *m);
const mz_pl_rule_t *mz_pl_find(const mz_pl_t *pl, const mz_pl_rule_t *rules,
    size_t n, size_t from, mz_pl_match_t *m);
/* The first place of any of the patterns. */
bool mz_pl_has(const mz_pl_t *pl, const char *const *patterns, size_t n,
    mz_pl_match_t *m);

#define mz_pl_find_in(pl, rules, from, m)                                     \
    mz_pl_find(pl, rules, MZ_ARRAY_LEN(rules), from, m)
#define mz_pl_has_in(pl, patterns, m)                                         \
    mz_pl_has(pl, patterns, MZ_ARRAY_LEN(patterns), m)


#endif /* MZ_PLANNER_CORE_H */
