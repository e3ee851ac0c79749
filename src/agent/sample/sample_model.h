
/*
 * sample_model: what there is in the sample: columns, events, values with
 * their weights.  Tables only; the play is in sample_user.c and
 * sample_session.c.
 */

#ifndef MZ_SAMPLE_MODEL_H
#define MZ_SAMPLE_MODEL_H

#include "agent/sample/sample.h"
#include "agent/sample/sample_rand.h"


typedef struct {
    const char  *text;
    int          weight;
} mz_sample_value_t;

typedef struct {
    const mz_sample_value_t  *v;
    int                       n;
} mz_sample_set_t;

typedef enum {
    MZ_SAMPLE_KIND_TIME,
    MZ_SAMPLE_KIND_EVENT,
    MZ_SAMPLE_KIND_USER,
    MZ_SAMPLE_KIND_SESSION,
    MZ_SAMPLE_KIND_COMMON,      /* a set, of the common properties */
    MZ_SAMPLE_KIND_SET,         /* a set, of the event's definition */
    MZ_SAMPLE_KIND_ID,          /* prefix and number */
    MZ_SAMPLE_KIND_INT,
    MZ_SAMPLE_KIND_MONEY        /* cents; DECIMAL so that sums are exact */
} mz_sample_kind_t;

typedef struct {
    const char        *name;
    mz_sample_kind_t   kind;
    const char        *prefix;      /* of ids */
} mz_sample_column_t;

/* In the order of the table. */

typedef enum {
    MZ_SAMPLE_COL_TIME,
    MZ_SAMPLE_COL_EVENT,
    MZ_SAMPLE_COL_USER,
    MZ_SAMPLE_COL_SESSION,
    MZ_SAMPLE_COL_COMMON,
    MZ_SAMPLE_COL_PAGE = MZ_SAMPLE_COL_COMMON + MZ_SAMPLE_COMMON,
    MZ_SAMPLE_COL_REFERRER,
    MZ_SAMPLE_COL_LOAD_TIME,
    MZ_SAMPLE_COL_METHOD,
    MZ_SAMPLE_COL_QUERY,
    MZ_SAMPLE_COL_RESULTS,
    MZ_SAMPLE_COL_PRODUCT,
    MZ_SAMPLE_COL_CATEGORY,
    MZ_SAMPLE_COL_PRICE,
    MZ_SAMPLE_COL_QUANTITY,
    MZ_SAMPLE_COL_CART_VALUE,
    MZ_SAMPLE_COL_ITEMS,
    MZ_SAMPLE_COL_COUPON,
    MZ_SAMPLE_COL_ORDER,
    MZ_SAMPLE_COL_REVENUE,
    MZ_SAMPLE_COL_PAYMENT,
    MZ_SAMPLE_COL_AMOUNT,
    MZ_SAMPLE_COL_REASON,
    MZ_SAMPLE_COL_TRIAL_PLAN,
    MZ_SAMPLE_COL_INTERVAL,
    MZ_SAMPLE_COL_MRR,
    MZ_SAMPLE_COL_FEATURE,
    MZ_SAMPLE_COL_DURATION,
    MZ_SAMPLE_COL_ROLE,
    MZ_SAMPLE_COL_TOPIC,
    MZ_SAMPLE_COL_PRIORITY,
    MZ_SAMPLE_COL_CODE,
    MZ_SAMPLE_COLUMNS
} mz_sample_col_t;

typedef enum {
    MZ_SAMPLE_PAGE_VISIT,
    MZ_SAMPLE_SIGNUP,
    MZ_SAMPLE_LOGIN,
    MZ_SAMPLE_SEARCH,
    MZ_SAMPLE_PRODUCT_VIEW,
    MZ_SAMPLE_ADD_TO_CART,
    MZ_SAMPLE_REMOVE_FROM_CART,
    MZ_SAMPLE_CHECKOUT,
    MZ_SAMPLE_PURCHASE,
    MZ_SAMPLE_REFUND,
    MZ_SAMPLE_TRIAL_START,
    MZ_SAMPLE_SUBSCRIPTION_START,
    MZ_SAMPLE_SUBSCRIPTION_RENEW,
    MZ_SAMPLE_SUBSCRIPTION_CANCEL,
    MZ_SAMPLE_FEATURE_USED,
    MZ_SAMPLE_INVITE_SENT,
    MZ_SAMPLE_SUPPORT_TICKET,
    MZ_SAMPLE_ERROR_SHOWN,
    MZ_SAMPLE_EMAIL_OPEN,
    MZ_SAMPLE_EVENTS
} mz_sample_name_t;

typedef struct {
    mz_sample_col_t         column;     /* 0 ends the list */
    const mz_sample_set_t  *set;        /* of kind SET */
} mz_sample_own_t;

typedef struct {
    const char       *name;
    mz_sample_own_t   own[MZ_SAMPLE_OWN_MAX];
} mz_sample_def_t;

/* Values that the play asks for by name; the others are only picked. */

enum { MZ_SAMPLE_WEB, MZ_SAMPLE_IOS, MZ_SAMPLE_ANDROID };
enum { MZ_SAMPLE_DESKTOP, MZ_SAMPLE_MOBILE, MZ_SAMPLE_TABLET };
enum { MZ_SAMPLE_CHROME, MZ_SAMPLE_SAFARI };
enum { MZ_SAMPLE_FREE, MZ_SAMPLE_STARTER };
enum { MZ_SAMPLE_MONTHLY, MZ_SAMPLE_YEARLY };
enum { MZ_SAMPLE_PRICING = 1 };
enum { MZ_SAMPLE_ONE_SHOT, MZ_SAMPLE_CASUAL, MZ_SAMPLE_REGULAR,
       MZ_SAMPLE_POWER };
enum { MZ_SAMPLE_ORGANIC, MZ_SAMPLE_PAID_SEARCH, MZ_SAMPLE_PAID_SOCIAL,
       MZ_SAMPLE_EMAIL, MZ_SAMPLE_REFERRAL, MZ_SAMPLE_DIRECT };
enum { MZ_SAMPLE_PAYMENT_FAILED = 4 };

#define MZ_SAMPLE_PRODUCTS_EACH   40        /* of a category */
#define MZ_SAMPLE_PRODUCT_FIRST   101       /* "p_101" */
#define MZ_SAMPLE_RELEASE_DAYS    42

typedef struct {
    int  offset_h;              /* of its clock from UTC */
    int  conversion;            /* permille of the best */
} mz_sample_country_t;

typedef struct {
    int  signup;                /* permille of first visits */
    int  trial_pays;            /* permille of trials that subscribe */
} mz_sample_channel_t;

typedef struct {
    int  life_d;                /* mean days until they stay away */
    int  gap_h;                 /* mean hours between two sessions */
    int  trial;                 /* permille that start a trial */
    int  features;              /* permille of one more feature_used */
} mz_sample_class_t;

extern const mz_sample_column_t   mz_sample_columns[MZ_SAMPLE_COLUMNS];
extern const mz_sample_def_t      mz_sample_defs[MZ_SAMPLE_EVENTS];
extern const mz_sample_set_t      mz_sample_commons[MZ_SAMPLE_COMMON];

extern const mz_sample_set_t      mz_sample_pages;
extern const mz_sample_set_t      mz_sample_devices[];      /* platform */
extern const mz_sample_set_t      mz_sample_browsers[];     /* platform */
extern const mz_sample_set_t      mz_sample_referrers[];    /* channel */
extern const mz_sample_set_t      mz_sample_campaigns[];    /* channel */
extern const mz_sample_set_t      mz_sample_returns;        /* channels */
extern const mz_sample_set_t      mz_sample_trial_plans;
extern const mz_sample_set_t      mz_sample_classes_set;
extern const mz_sample_set_t      mz_sample_hours;
extern const mz_sample_country_t  mz_sample_countries[];
extern const mz_sample_channel_t  mz_sample_channels[];
extern const mz_sample_class_t    mz_sample_classes[];
extern const int                  mz_sample_weekdays[7];    /* per cent */
extern const int                  mz_sample_months[13];     /* per cent */
extern const int                  mz_sample_plan_cents[];   /* a month */
extern const int                  mz_sample_device_buys[];  /* permille */


/* An index of the set, by weight. */
int mz_sample_pick(mz_sample_rand_t *r, const mz_sample_set_t *set);

/* Price in cents of the product with that number. */
int32_t mz_sample_price(int product);

/* The set of values of an own property, by event and column. */
const mz_sample_set_t *mz_sample_own_set(mz_sample_name_t name,
    mz_sample_col_t column);


#endif /* MZ_SAMPLE_MODEL_H */
